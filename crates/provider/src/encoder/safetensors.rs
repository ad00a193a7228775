//! Reading tensors out of a safetensors file, one at a time and only those that are asked for.

#![expect(clippy::disallowed_methods, reason = "this module reads the weights' file")]

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use model::ModelError;
use safetensors::Dtype;
use safetensors::tensor::Metadata;

use crate::model_files::failed;

/// A header longer than this is not one of a model that we know.
const HEADER_BYTES_MAX: u64 = 1 << 20;

/// An open safetensors file.
pub(super) struct TensorFile {
    path: PathBuf,
    file: File,
    metadata: Metadata,
    data_start: u64,
}

impl TensorFile {
    pub(super) fn open(path: &Path) -> Result<Self, ModelError> {
        let read = |source| failed("read", path, source);
        let mut file = File::open(path).map_err(read)?;
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(read)?;
        let length = u64::from_le_bytes(length);
        if length > HEADER_BYTES_MAX {
            return Err(damaged(path, format!("its header claims {length} bytes")));
        }
        let mut header = Vec::new();
        (&mut file).take(length).read_to_end(&mut header).map_err(read)?;
        let metadata = serde_json::from_slice(&header).map_err(|error| damaged(path, error.to_string()))?;
        Ok(Self { path: path.to_owned(), file, metadata, data_start: 8 + length })
    }

    /// The numbers of the tensor `name`, in row-major order.
    pub(super) fn read(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let mut values = vec![0.0f32; shape.iter().product()];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut values);
        let found = self.metadata.info(name);
        let right = found.filter(|tensor| tensor.dtype == Dtype::F32 && tensor.shape == shape);
        let Some((start, _)) = right.map(|tensor| tensor.data_offsets) else {
            return Err(damaged(
                &self.path,
                format!("it has no tensor `{name}` of 32-bit floats, {shape:?}"),
            ));
        };
        let place = SeekFrom::Start(self.data_start + start as u64);
        let result = self.file.seek(place).and_then(|_| self.file.read_exact(bytes));
        result.map_err(|source: io::Error| failed("read", &self.path, source))?;
        if cfg!(target_endian = "big") {
            values.iter_mut().for_each(|value| *value = f32::from_bits(value.to_bits().swap_bytes()));
        }
        Ok(values)
    }
}

fn damaged(path: &Path, why: String) -> ModelError {
    ModelError::Damaged { path: path.display().to_string(), why }
}
