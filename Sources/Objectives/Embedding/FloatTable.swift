// Numbers in rows and columns whose count a step decides: how near each text of a step is to each other one.

import Kernels
import Tensors

/// A matrix of fp32 numbers, row-major.
struct FloatTable {
    let rows: Int
    let columns: Int
    private(set) var values: [Float]

    init(rows: Int, columns: Int, _ values: [Float]) {
        precondition(values.count == rows * columns)
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    subscript(row: Int, column: Int) -> Float {
        get { values[row * columns + column] }
        set { values[row * columns + column] = newValue }
    }

    /// x·yᵀ.
    func timesTransposed(_ y: FloatTable) -> FloatTable {
        precondition(columns == y.columns)
        return product(y, columns: y.rows) { Products.timesTransposed($0, $1, into: $2) }
    }

    /// x·y.
    func times(_ y: FloatTable) -> FloatTable {
        precondition(columns == y.rows)
        return product(y, columns: y.columns) { Products.times($0, $1, into: $2) }
    }

    var transposed: FloatTable {
        var result = FloatTable(rows: columns, columns: rows, Array(repeating: 0, count: values.count))
        for row in 0..<rows { for column in 0..<columns { result[column, row] = self[row, column] } }
        return result
    }

    private func product(_ y: FloatTable, columns: Int, _ multiply: (Matrix, Matrix, Matrix) -> Void) -> FloatTable {
        let workspace = Workspace()
        return workspace.scoped {
            let (left, right) = (matrix(workspace), y.matrix(workspace))
            let result = workspace.matrix(rows: rows, columns: columns)
            multiply(left, right, result)
            return FloatTable(rows: rows, columns: columns, Array(result.floats))
        }
    }

    private func matrix(_ workspace: Workspace) -> Matrix {
        let matrix = workspace.matrix(rows: rows, columns: columns)
        _ = matrix.floats.update(from: values)
        return matrix
    }
}
