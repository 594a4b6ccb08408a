// The library's face: a model, with or without an adapter, and what can be done with it.

internal import Workbench

/// A base model, and the adapter on it where there is one.
///
///     let base = try Model("base.gguf")
///     let trained = try base.train("desk", on: ["train.jsonl"], heldOut: ["held_out.jsonl"], settings: ["adapter.r": 8])
///     let tuned = try base.attaching(trained.adapter)
///     print(try tuned.evaluate(on: "held_out.jsonl").verdict ?? "no verdict")
///     print(try tuned.generate("Where is my parcel?").text)
///     _ = try tuned.merge(into: "desk-merged")
///
/// Weights stay in their files, mapped into memory, and are never changed. What is written goes to the places that are named, and for a
/// training to `checkpoints/<name>` in the working directory. There, only what Lathe wrote itself is ever replaced.
public struct Model: Sendable {
    /// A Hugging Face directory or a GGUF file.
    public let path: String
    /// The adapter: a PEFT directory or a checkpoint of Lathe (.h5).
    public let adapter: String?

    /// Opens a model: its configuration, weights and tokenizer are looked at, nothing is computed.
    ///
    /// - Throws: `LatheError`, where there is no model at `path`, or none that Lathe knows.
    public init(_ path: String) throws(LatheError) {
        self.init(path: path, adapter: nil)
        try check()
    }

    private init(path: String, adapter: String?) {
        self.path = path
        self.adapter = adapter
    }

    /// The same model with an adapter on it, in place of the one that it has.
    ///
    /// - Parameter adapter: a PEFT directory or a checkpoint of Lathe (.h5).
    /// - Throws: `LatheError`, where it does not fit the model.
    public func attaching(_ adapter: String) throws(LatheError) -> Model {
        let model = Model(path: path, adapter: adapter)
        try model.check()
        return model
    }
}

extension Model {
    /// What stages work on, everything opened once.
    ///
    /// - Parameters:
    ///   - verb: which refuses keys that it does not read.
    ///   - rows: held-out rows to measure on.
    ///   - adapter: what is on the model; `nil` where it is trained.
    func session(for verb: Verb, rows: String? = nil, _ settings: Settings = [:], adapter: String?) throws -> Session {
        let overrides = settings.overrides
        return Session(try ResolvedRecipe(model: path, data: rows, overrides: overrides, for: verb), adapter: adapter)
    }

    /// Opens model and adapter, so that what does not fit is said here and not by the first work.
    private func check() throws(LatheError) {
        try LatheError.catching { try session(for: .generate, adapter: adapter).open() }
    }
}
