import Testing

@Suite struct ParquetTests {}
