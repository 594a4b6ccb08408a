// A model or an adapter being written, as a folder or as one file, which takes its place whole, or not at all.

public import Foundation

/// An output in the making. Nothing that is not Lathe's is ever replaced by it.
public struct StagedOutput {
    private enum Form {
        case folder(AtomicFolder)
        case file(OwnedFiles)
    }

    private let output: URL
    private let form: Form

    /// Throws where something that is not Lathe's stands at `output`.
    ///
    /// - Parameter run: the run that writes, which replaces no other run's.
    public init(_ output: URL, isFolder: Bool, _ content: Manifest.Content, of run: String?) throws {
        self.output = output
        guard !isFolder else {
            form = .folder(try AtomicFolder(output, content, of: run))
            return
        }
        let file = OwnedFiles(besideFile: output, content, of: run)
        try file.require(output.lastPathComponent)
        try file.removeAbandoned(output.lastPathComponent)
        form = .file(file)
    }

    /// What a writer is given: the folder to fill, or the place that a file is to take.
    public var place: URL {
        switch form {
        case .folder(let folder): folder.staging
        case .file: output
        }
    }

    /// Puts what a writer has finished in its place, once `prove` has looked at it and not thrown.
    ///
    /// - Parameters:
    ///   - finished: the folder that was filled, or the file under its temporary name.
    ///   - companions: what goes with a file; into a folder `prove` may write.
    public func commit(_ finished: URL, with companions: [CompanionFile] = [], prove: (URL) throws -> Void) throws {
        switch form {
        case .folder(let folder):
            try prove(finished)
            try folder.commit()
        case .file(let file):
            do { try prove(finished) } catch {
                unlink(finished.path)
                throw error
            }
            try file.put(finished, as: output.lastPathComponent, with: companions)
        }
    }
}
