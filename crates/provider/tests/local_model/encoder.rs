//! The encoder against vectors of the reference implementation, and against itself.

use std::path::Path;

use ::model::Embedder;
use patou_provider::{EncoderOptions, EncoderPrecision, LocalEncoder, ModelPaths, encoder_id};
use serde::Deserialize;

use super::{folder, model};

#[derive(Deserialize)]
struct Golden {
    text: String,
    embedding: Vec<f32>,
}

const PRECISIONS: [EncoderPrecision; 2] = [EncoderPrecision::Int8, EncoderPrecision::Fp32];

fn encoder(max_tokens: usize, threads: usize, precision: EncoderPrecision) -> Option<LocalEncoder> {
    Some(LocalEncoder::open(&model()?, EncoderOptions { max_tokens, threads, precision }).unwrap())
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Texts of many lengths, the longest over the limit.
fn texts() -> Vec<String> {
    let words = ["harbour", "Träger", "antidisestablishment", "of", "seven", "(pressure)", "1,024", "漢字"];
    let text = |length: usize| (0..length).map(move |at| words[(at * 7 + length) % words.len()]);
    [0, 1, 2, 5, 30, 31, 90, 170, 400].map(|length| text(length).collect::<Vec<_>>().join(" ")).to_vec()
}

#[test]
fn vectors_are_the_reference_implementations() {
    let Some(data) = folder("PATOU_SHARED_DATA") else { return };
    check_golden(&data, EncoderPrecision::Fp32, 0.9999);
    check_golden(&data, EncoderPrecision::Int8, 0.995);
}

fn check_golden(data: &Path, precision: EncoderPrecision, least: f64) {
    let Some(encoder) = encoder(256, 2, precision) else { return };
    let golden = std::fs::read_to_string(data.join("encoder/golden.jsonl")).unwrap();
    let golden: Vec<Golden> = golden.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let texts: Vec<_> = golden.iter().map(|row| row.text.clone()).collect();
    let vectors = encoder.embed_blocking(&texts).unwrap();
    assert_eq!(vectors.len(), 19);
    for (number, (vector, row)) in vectors.iter().zip(&golden).enumerate() {
        let cosine = cosine(vector, &row.embedding);
        println!("{precision:?}, row {number}: {cosine:.8}");
        assert!(cosine >= least, "{precision:?}, row {number}: {cosine}");
    }
}

#[tokio::test]
async fn a_vector_does_not_depend_on_its_batch() {
    for precision in PRECISIONS {
        let Some(encoder) = encoder(512, 2, precision) else { return };
        check_batches(&encoder).await;
    }
}

async fn check_batches(encoder: &LocalEncoder) {
    let texts = texts();
    let together = encoder.embed(&texts).await.unwrap();
    for (text, vector) in texts.iter().zip(&together) {
        let alone = encoder.embed(std::slice::from_ref(text)).await.unwrap();
        let apart = alone[0].iter().zip(vector).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart <= 1e-6, "{apart}");
        let length: f32 = vector.iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-5);
    }
    let mut reversed = texts.clone();
    reversed.reverse();
    let mut again = encoder.embed(&reversed).await.unwrap();
    again.reverse();
    let all = |vectors: &[Vec<f32>]| vectors.concat();
    assert!(all(&again).iter().zip(all(&together)).all(|(a, b)| (a - b).abs() <= 1e-6));
    assert!(encoder.embed(&[]).await.unwrap().is_empty());
}

#[test]
fn limit_and_precision_are_parts_of_the_name() {
    let options = |precision| EncoderOptions { max_tokens: 256, threads: 1, precision };
    assert_eq!(encoder_id(&options(EncoderPrecision::Int8)), "all-MiniLM-L6-v2@256/int8");
    assert_eq!(encoder_id(&options(EncoderPrecision::Fp32)), "all-MiniLM-L6-v2@256/fp32");
    let Some(encoder) = encoder(256, 1, EncoderPrecision::Fp32) else { return };
    assert_eq!((encoder.id(), encoder.dimension()), ("all-MiniLM-L6-v2@256/fp32", 384));
    let long = "word ".repeat(300);
    assert_eq!(encoder.count_tokens(&long), 300);
    let vectors = encoder.embed_blocking(&[long.clone(), "word ".repeat(254)]).unwrap();
    assert!(cosine(&vectors[0], &vectors[1]) > 0.999_999);
}

#[test]
fn damaged_files_are_told() {
    let home = tempfile::tempdir().unwrap();
    let paths = ModelPaths::below(home.path());
    std::fs::create_dir(paths.directory()).unwrap();
    let options = EncoderOptions { max_tokens: 512, threads: 1, precision: EncoderPrecision::default() };
    assert!(LocalEncoder::open(&paths, options.clone()).unwrap_err().to_string().contains("cannot read"));
    std::fs::write(paths.tokenizer(), "{}").unwrap();
    assert!(LocalEncoder::open(&paths, options.clone()).unwrap_err().to_string().contains("is damaged"));
    let Some(model) = model() else { return };
    std::fs::copy(model.tokenizer(), paths.tokenizer()).unwrap();
    // Nothing is missed until something is embedded.
    let encoder = LocalEncoder::open(&paths, options).unwrap();
    let embed = || encoder.embed_blocking(&["a".to_owned()]).unwrap_err().to_string();
    assert!(embed().contains("cannot read"));
    std::fs::write(paths.weights(), 2u64.to_le_bytes().into_iter().chain(*b"{}").collect::<Vec<_>>())
        .unwrap();
    assert!(embed().contains("it has no tensor"), "{}", embed());
}
