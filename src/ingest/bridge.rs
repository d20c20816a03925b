//! Polars columns to Arrow arrays over the C data interface: the one place where `unsafe` is needed.

#![expect(unsafe_code, reason = "the two Arrow implementations meet only through their common C structures")]

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Decimal128Array, make_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use polars::prelude::{CompatLevel, Series};
use polars_arrow::ffi::{export_array_to_c, export_field_to_c};

use crate::error::Result;

fn export(series: &Series) -> Result<ArrayRef> {
    let series = series.rechunk();
    let array = series.to_arrow(0, CompatLevel::oldest());
    let field = polars_arrow::datatypes::Field::new(series.name().clone(), array.dtype().clone(), true);
    // SAFETY: both sides declare the C structures of the Arrow data interface with `repr(C)`, field for field; each
    // value is moved, so its release callback runs once, on the importing side.
    let (array, schema) = unsafe {
        (
            std::mem::transmute::<polars_arrow::ffi::ArrowArray, FFI_ArrowArray>(export_array_to_c(array)),
            std::mem::transmute::<polars_arrow::ffi::ArrowSchema, FFI_ArrowSchema>(export_field_to_c(&field)),
        )
    };
    // SAFETY: the structures come from a live polars array of the type that its own schema describes.
    let data = unsafe { from_ffi(array, &schema) }?;
    Ok(make_array(data))
}

/// A series of numbers or days as an array of `wanted`; whole numbers become decimals of its scale.
///
/// # Errors
/// When it cannot become that type.
pub(super) fn to_arrow(series: &Series, wanted: &DataType) -> Result<ArrayRef> {
    let array = export(series)?;
    Ok(match wanted {
        DataType::Decimal128(precision, scale) => {
            let wide: Decimal128Array = array.as_primitive::<Int64Type>().unary(i128::from);
            Arc::new(wide.with_precision_and_scale(*precision, *scale)?)
        }
        wanted if wanted == array.data_type() => array,
        wanted => cast(&array, wanted)?,
    })
}
