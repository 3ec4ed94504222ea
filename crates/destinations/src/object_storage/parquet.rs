//! A table as a Parquet file: one row group, zstd inside.

use std::sync::Arc;

use parquet::{
    basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel},
    data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type},
    errors::Result,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::types::Type,
};

use super::columns::{Cell, Kind, Table};

/// Half of what is gained by the best level, at a tenth of its price.
const LEVEL: i32 = 3;

/// The bytes of a file with `table`: the same for the same table.
pub(super) fn write(table: &Table) -> Result<Vec<u8>> {
    let fields: Result<Vec<_>> =
        table.columns.iter().map(|(name, kind, _)| field(name, *kind).map(Arc::new)).collect();
    let schema = Type::group_type_builder("message").with_fields(fields?).build()?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL)?))
        .set_created_by("headwater".to_owned())
        .build();
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, Arc::new(schema), Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    for (_, kind, column) in &table.columns {
        let mut there = vec![0; table.rows];
        for (row, _) in &column.cells {
            there[*row] = 1;
        }
        let cells = column.cells.iter().map(|(_, cell)| cell);
        let mut writer = group.next_column()?.expect("the schema has it");
        match kind {
            Kind::Text => {
                let values: Vec<ByteArray> = cells
                    .map(|cell| ByteArray::from(cell.text().into_owned().into_bytes()))
                    .collect();
                writer.typed::<ByteArrayType>().write_batch(&values, Some(&there), None)?;
            }
            Kind::Flag => {
                let flag = |cell: &Cell| matches!(cell, Cell::Flag(true));
                let values: Vec<bool> = cells.map(flag).collect();
                writer.typed::<BoolType>().write_batch(&values, Some(&there), None)?;
            }
            Kind::Whole | Kind::Time => {
                let values: Vec<i64> = cells.map(whole).collect();
                writer.typed::<Int64Type>().write_batch(&values, Some(&there), None)?;
            }
            Kind::Real => {
                let values: Vec<f64> = cells.map(real).collect();
                writer.typed::<DoubleType>().write_batch(&values, Some(&there), None)?;
            }
        }
        writer.close()?;
    }
    group.close()?;
    writer.close()?;
    Ok(out)
}

fn field(name: &str, kind: Kind) -> Result<Type> {
    let (physical, logical) = match kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Flag => (Physical::BOOLEAN, None),
        Kind::Whole => (Physical::INT64, None),
        Kind::Real => (Physical::DOUBLE, None),
        Kind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
    };
    Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

fn whole(cell: &Cell) -> i64 {
    match cell {
        Cell::Whole(number) => *number,
        _ => unreachable!("a column of whole numbers holds nothing else"),
    }
}

fn real(cell: &Cell) -> f64 {
    match cell {
        Cell::Real(number, _) => *number,
        cell => whole(cell) as f64,
    }
}
