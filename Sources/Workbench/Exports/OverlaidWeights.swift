// A base of which some tensors are those of a written model: what rounding just these does to predictions.

internal import Tensors
internal import WeightFiles

/// The weights of `base`, some of them in the form in which `written` has them.
struct OverlaidWeights: WeightSource {
    let base: any WeightSource
    let written: any WeightSource
    /// Hugging Face names of those that are taken from `written`.
    let overlaid: Set<String>

    private func source(of path: String) -> any WeightSource { overlaid.contains(path) ? written : base }

    var location: String { base.location }
    var paths: [String] { base.paths }
    var byteCount: Int { base.byteCount }
    func shape(at path: String) -> Shape? { source(of: path).shape(at: path) }
    func typeName(at path: String) -> String? { source(of: path).typeName(at: path) }
    func tensor(at path: String) throws(WeightError) -> FrozenTensor { try source(of: path).tensor(at: path) }
    func contentDigest() throws(WeightError) -> String { try base.contentDigest() }
    func releasePages(of path: String) { source(of: path).releasePages(of: path) }

    func releasePages() {
        base.releasePages()
        written.releasePages()
    }
}
