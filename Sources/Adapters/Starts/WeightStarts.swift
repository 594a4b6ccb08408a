// Starts that the base's own weights decide.

import Kernels
import Models
import Tensors
import Vocabulary
import WeightFiles

/// The strongest directions of W (Meng et al., 2024): s·B·A is the best approximation of that rank, its strength shared by both.
struct PrincipalStart: FactorStart {
    /// nil: all directions are found, and the strongest taken.
    let powers: Int?

    func require(_ site: StartSite) throws(AdapterError) {
        try site.requireDirections(site.rank, .pissa(powers: powers))
    }

    func fill(_ site: StartSite) throws {
        let workspace = Workspace(), weight = workspace.matrix(rows: site.b.rows, columns: site.a.columns)
        defer { withExtendedLifetime(workspace) {} }
        Widening.widen(site.weight, into: weight)
        let found =
            try powers.map {
                try SingularValues(
                    strongest: site.rank, of: weight, seed: UInt64(site.random.words(stream: site.stream, index: 0).0),
                    powers: $0)
            } ?? SingularValues(consuming: weight)
        site.take(found)
    }
}

/// The first columns of W = Q·R (Büyükakyüz, 2024): B of Q, A of R.
struct OrthonormalStart: FactorStart {
    func require(_ site: StartSite) throws(AdapterError) { try site.requireDirections(site.rank, .olora) }

    func fill(_ site: StartSite) throws {
        let rank = site.rank, workspace = Workspace()
        defer { withExtendedLifetime(workspace) {} }
        let weight = workspace.matrix(rows: site.b.rows, columns: site.a.columns)
        Widening.widen(site.weight, into: weight)
        let others = weight.columns - rank
        ColumnParts(widths: [rank] + (others > 0 ? [others] : [])).take(0, of: weight, into: site.b)
        let basis = workspace.matrix(rows: rank, columns: weight.rows)
        Elements.transpose(site.b, into: basis)
        try OrthonormalRows.make(basis)
        Elements.transpose(basis, into: site.b)
        Products.times(basis, weight, into: site.a)
    }
}

/// The strongest directions of what quantising lost (Li et al., 2023): s·B·A brings the base back towards the full weights.
struct QuantisationStart: FactorStart {
    /// The model of which the base is a quantised copy.
    let full: any WeightSource
    /// Told of each layer how much of its weight quantising changed: ‖W − W₄‖ / ‖W₄‖.
    var told: (_ path: String, _ share: Double) -> Void = { _, _ in }

    func require(_ site: StartSite) throws(AdapterError) {
        try site.requireDirections(site.rank, .loftq)
        let name = site.path + ".weight", wanted = Shape([site.b.rows, site.a.columns])
        let found = full.shape(at: name)
        guard found != wanted else { return }
        throw AdapterError(
            file: full.location,
            problems: [
                AdapterError.Problem(
                    found == nil ? "is missing" : "has another shape than in the base", subject: name,
                    expected: "\(wanted)", found: found.map { "\($0)" })
            ])
    }

    func fill(_ site: StartSite) throws {
        let name = site.path + ".weight", workspace = Workspace()
        defer { withExtendedLifetime(workspace) {} }
        let lost = workspace.matrix(rows: site.b.rows, columns: site.a.columns)
        let difference = WeightDifference(site.weight, try full.tensor(at: name), into: lost)
        full.releasePages(of: name)
        guard difference.squares.isFinite else {
            throw AdapterError(file: full.location, "holds a NaN or infinity", subject: name)
        }
        guard difference.squares > 0 else { return told(site.path, 0) }
        told(site.path, difference.relativeChange)
        site.take(try SingularValues(leading: site.rank, consuming: lost, seed: 0))
    }
}

extension StartSite {
    /// The first directions, the strength of each shared between A and B: s·B·A is what they come to.
    func take(_ found: SingularValues) {
        let found = found.withFixedSigns, kept = min(rank, found.count)
        let roots = found.values[..<kept].map { ($0 / scale).squareRoot() }
        Elements.fill(a)
        Elements.fill(b)
        let (inner, outer) = (a.floats, b.floats)
        for (index, root) in roots.enumerated() {
            for column in 0..<a.columns {
                inner[index * a.columns + column] = root * found.right[index * a.columns + column]
            }
            for row in 0..<b.rows { outer[row * rank + index] = root * found.left[row * found.count + index] }
        }
    }
}
