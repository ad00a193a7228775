//! What Graph says, as far as it is read.

use serde::Deserialize;

/// One entry of a drive's changes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriveItem {
    /// Its id, which stays when it is renamed or moved.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its length in bytes.
    #[serde(default)]
    pub size: u64,
    /// Changes with its content alone.
    pub c_tag: Option<String>,
    /// Changes with anything of it.
    pub e_tag: Option<String>,
    /// There where it is a file.
    pub file: Option<serde_json::Value>,
    /// There where it is a folder.
    pub folder: Option<serde_json::Value>,
    /// There where it is the drive's root.
    pub root: Option<serde_json::Value>,
    /// There where it was deleted.
    pub deleted: Option<serde_json::Value>,
    /// Where it lies.
    pub parent_reference: Option<ParentReference>,
    /// `"True"` where its permissions changed.
    #[serde(rename = "@microsoft.graph.sharedChanged")]
    pub shared_changed: Option<serde_json::Value>,
}

/// Where an item lies.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ParentReference {
    /// The id of its folder.
    pub id: Option<String>,
}

/// Who may read an item, as Graph names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grantee {
    /// A person, by mail address where there is one, else by id.
    User(String),
    /// A group, by mail address where there is one, else by id.
    Group(String),
    /// An application, by id.
    Application(String),
}

#[derive(Deserialize)]
pub(super) struct Page<T> {
    #[serde(default = "Vec::new")]
    pub value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    pub next_link: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    pub delta_link: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Named {
    pub id: String,
    #[serde(default)]
    pub name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Permission {
    #[serde(default)]
    pub roles: Vec<String>,
    pub granted_to_v2: Option<Identities>,
    #[serde(default)]
    pub granted_to_identities_v2: Vec<Identities>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identities {
    user: Option<Identity>,
    group: Option<Identity>,
    application: Option<Identity>,
    site_user: Option<Identity>,
    site_group: Option<Identity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identity {
    pub id: Option<String>,
    email: Option<String>,
    user_principal_name: Option<String>,
}

pub(super) fn grantees_of(granted: Identities) -> Vec<Grantee> {
    let name = |identity: Identity| {
        let mail = identity.email.or(identity.user_principal_name).filter(|mail| !mail.is_empty());
        mail.map(|mail| mail.to_lowercase()).or(identity.id)
    };
    // The site's own names stand beside the directory's; they count where there is no other.
    let user = granted.user.and_then(name).or_else(|| granted.site_user.and_then(name));
    let group = granted.group.and_then(name).or_else(|| granted.site_group.and_then(name));
    let application = granted.application.and_then(|application| application.id);
    [user.map(Grantee::User), group.map(Grantee::Group), application.map(Grantee::Application)]
        .into_iter()
        .flatten()
        .collect()
}
