// Starts that nothing but the seed decides, beside the uniform one.

import Kernels
import Tensors

/// A normal with deviation 1/r, B zero.
struct GaussianStart: FactorStart {
    func fill(_ site: StartSite) {
        site.drawNormal(into: site.a, first: 0, deviation: 1 / Double(site.rank))
        Elements.fill(site.b)
    }
}

/// A and B normal within the odd and the even rows of a random rotation Q `[r, r]`: their product is zero, though neither is.
struct OrthogonalStart: FactorStart {
    func require(_ site: StartSite) throws(AdapterError) {
        guard site.rank % 2 == 1 else { return }
        throw AdapterError(
            "init_lora_weights: orthogonal halves the rank, so it must be even", subject: site.path,
            found: "\(site.rank)")
    }

    func fill(_ site: StartSite) throws {
        let rank = site.rank, half = rank / 2, workspace = Workspace()
        defer { withExtendedLifetime(workspace) {} }
        let rotation = workspace.matrix(rows: rank, columns: rank)
        site.drawNormal(into: rotation, first: 0)
        try OrthonormalRows.make(rotation)
        // Rows of Q in turn, `[r/2, r]` each.
        let pairs = Matrix(pointer: rotation.pointer, rows: half, columns: 2 * rank, type: .f32)
        let turns = ColumnParts(widths: [rank, rank])
        let (odd, even) = (
            workspace.matrix(rows: half, columns: rank), workspace.matrix(rows: half, columns: rank)
        )
        turns.take(0, of: pairs, into: odd)
        turns.take(1, of: pairs, into: even)
        let oddColumns = workspace.matrix(rows: rank, columns: half)
        Elements.transpose(odd, into: oddColumns)
        let inner = workspace.matrix(rows: half, columns: site.a.columns)
        let outer = workspace.matrix(rows: site.b.rows, columns: half)
        site.drawNormal(into: inner, first: rotation.count, deviation: Self.deviation)
        site.drawNormal(into: outer, first: rotation.count + inner.count, deviation: Self.deviation)
        Products.times(oddColumns, inner, into: site.a)
        Products.times(outer, even, into: site.b)
    }

    private static let deviation = 0.1
}

extension StartSite {
    /// Numbers of a normal distribution around 0, the draws of the layer from `first` on.
    func drawNormal(into matrix: Matrix, first: Int, deviation: Double = 1) {
        let numbers = matrix.floats
        for index in numbers.indices {
            numbers[index] = Float(deviation * random.normal(stream: stream, index: UInt64(first + index)))
        }
    }
}
