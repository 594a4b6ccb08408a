// Stands in for the reader.
enum ParquetPlaceholder {}
