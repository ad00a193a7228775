//! `patou model`.

use platform::ModelState;

use super::Front;
use crate::arguments::Model;
use crate::progress::Progress;

pub async fn run(front: &Front, call: Model) -> anyhow::Result<u8> {
    let progress = Progress::new(&front.printer);
    let models = match call {
        Model::Pull => front.platform.pull_models(&|event| progress.pull(event)).await?,
        Model::List | Model::Path => front.platform.models()?,
    };
    let listed: Vec<_> = models
        .iter()
        .map(|model| serde_json::json!({"name": model.name, "present": model.present, "path": model.path}))
        .collect();
    front.printer.result(&serde_json::json!({"models": listed}), || match call {
        Model::Path => models.iter().map(|model| format!("{}\n", model.path.display())).collect(),
        Model::List | Model::Pull => models.iter().map(line).collect(),
    })?;
    Ok(0)
}

fn line(model: &ModelState) -> String {
    let state = if model.present { "here" } else { "missing" };
    format!("{}  {state}  {}\n", model.name, model.path.display())
}
