// How the files of one folder name and store weights, where that is not as everybody else takes them.

public import Tensors

/// What files say of weights, in the words of who reads them.
public struct WeightConvention: Sendable {
    /// The path of the weight that a file calls so.
    public let path: @Sendable (_ name: String) -> String
    /// How the files store the matrix called `path`.
    public let form: @Sendable (_ path: String) -> StoredForm

    /// A convention from its parts; without any, names and matrices are taken as they stand.
    public init(
        path: @escaping @Sendable (_ name: String) -> String = { $0 },
        form: @escaping @Sendable (_ path: String) -> StoredForm = { _ in .asStored }
    ) {
        self.path = path
        self.form = form
    }
}
