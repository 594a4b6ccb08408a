// What Lathe can do with a model in a GGUF file, and why not where it cannot.

internal import Foundation
internal import JSON
internal import Models
internal import Tensors

/// Run, train, merge, fold: "yes", or "no" with the reason.
struct ModelAbilities {
    /// What is asked of a model.
    static let names = ["run", "train", "merge", "fold"]

    private let run: String
    private let fold: String

    init(_ opened: OpenedModel) {
        run = Self.answer(Self.obstacle(opened))
        fold = run == "yes" ? Self.folding(opened) : run
    }

    /// Training and merging need what running needs: an adapter fits every layer that can be computed.
    var json: JSONValue {
        ["run": .string(run), "train": .string(run), "merge": .string(run), "fold": .string(fold)]
    }

    private static func answer(_ obstacle: String?) -> String { obstacle.map { "no: \($0)" } ?? "yes" }

    /// What keeps the model from being computed; nil: nothing.
    private static func obstacle(_ opened: OpenedModel) -> String? {
        for path in opened.weights.paths {
            do { _ = try opened.weights.tensor(at: path) } catch {
                return Failure(describing: error).message
            }
        }
        return nil
    }

    /// The types whose blocks carry a minimum of their own.
    private static let foldable = (AdapterMethod.fold.folding?.types ?? []).map { $0.rawValue.uppercased() }

    private static func folding(_ opened: OpenedModel) -> String {
        let weights = opened.weights.paths.filter { path in
            path.contains(".layers.") && opened.weights.shape(at: path)?.rank == 2
        }
        let types = weights.compactMap(opened.weights.typeName)
        let fitting = types.count(where: foldable.contains)
        if fitting == types.count, fitting > 0 { return "yes" }
        let found = Set(types).subtracting(foldable).sorted().joined(separator: ", ")
        guard fitting > 0 else {
            return "no: its layers are \(found); \(foldable.joined(separator: ", ")) can be folded"
        }
        return "\(fitting) of \(types.count) layers; the others are \(found)"
    }
}
