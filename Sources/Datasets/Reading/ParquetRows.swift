// Parquet files as rows.

internal import JSON
internal import Parquet

/// The rows of a Parquet file; places count rows, since there are no lines.
final class ParquetRows: FileRows {
    private let reader: ParquetReader
    private let file: String
    private var number = 0

    init(_ file: String, maximumRowBytes: Int) throws(DatasetError) {
        self.file = file
        do throws(ParquetError) {
            reader = try ParquetReader(path: file, maximumRowBytes: maximumRowBytes)
        } catch { throw Self.problem(error, RowPlace(file: file, line: 0)) }
    }

    func next() throws(DatasetError) -> RowOutcome? {
        do throws(ParquetError) {
            guard let row = try reader.next() else { return nil }
            number += 1
            if let key = row.firstDuplicateKey {
                throw ParquetError(.broken, "two columns are named \"\(key)\"")
            }
            return .row(row, RowPlace(file: file, line: number))
        } catch {
            throw Self.problem(error, RowPlace(file: file, line: number + 1))
        }
    }

    private static func problem(_ error: ParquetError, _ place: RowPlace) -> DatasetError {
        let kind: DatasetProblem.Kind =
            switch error.fault {
            case .absent: .absent
            case .unreadable: .refused
            case .broken: .unreadable
            case .unsupported: .unsupported
            case .tooLarge: .rowTooLarge
            }
        return DatasetError(kind, place, "Parquet: \(error)")
    }
}
