// Why Lathe does not write where it was told to.

public import Vocabulary

/// A place at which something stands that Lathe did not write, or that something else needs.
public struct PlaceError: ClassifiedError, Equatable {
    /// What is wrong with the place.
    public enum Reason: Sendable, Equatable {
        /// Nothing shows that Lathe wrote what is in the way.
        case notOurs
        /// Lathe wrote it, and it was changed since.
        case changed
        /// Lathe wrote it as something else: an adapter where a model is to stand.
        case otherContent(String)
        /// A run of this name wrote it, and another one is to write there.
        case ofRun(String)
        /// A link: what it leads to is not its own.
        case link
        /// A file where a folder is to stand, or the other way round.
        case wrongForm(String)
        /// What is mounted there can be no part of a change in one step.
        case mountPoint
        /// It is something that is needed: "the base model".
        case needed(String)
        /// Something needed lies in it.
        case holds(String)
        /// It lies in something that is read as a whole, or in another run.
        case inside(String)
        /// A process, of this number where that is known, changes what is there.
        case busy(Int?)
    }

    /// The place that was to be written, as it was named.
    public let place: String
    /// The file or folder in the way.
    public let inTheWay: String
    public let reason: Reason

    public init(_ place: String, inTheWay: String, _ reason: Reason) {
        self.place = place
        self.inTheWay = inTheWay
        self.reason = reason
    }

    public var namedFile: String? { place }

    public var kind: FailureKind {
        switch reason {
        case .needed, .holds, .inside, .ofRun: .badInput
        case .notOurs, .changed, .otherContent, .link, .wrongForm, .mountPoint, .busy: .inputOutput
        }
    }

    public var description: String {
        let file = inTheWay == place ? "" : ": \(inTheWay)"
        let taken = "\(place) is there already" + (file.isEmpty ? " and" : file)
        let text =
            switch reason {
            case .notOurs: "\(taken) was not written by Lathe"
            case .changed: "\(taken) was changed since Lathe wrote it"
            case .otherContent(let content): "\(place) is there already and holds \(content)"
            case .ofRun(let run): "\(place) is there already and was written by the run '\(run)'"
            case .link: "\(taken) is a link"
            case .wrongForm(let form): "\(taken) is \(form)"
            case .mountPoint: "\(taken) is a file system of its own"
            case .needed(let what): "\(place) is \(what) itself\(file)"
            case .holds(let what): "\(place) holds \(what)\(file)"
            case .inside(let what): "\(place) lies in \(what)\(file)"
            case .busy(let process):
                "\(place): \(process.map { "process \($0)" } ?? "another process") is writing there"
            }
        if case .busy = reason { return text + "\nhint: wait for it, or name another place" }
        return text + "\nhint: nothing was changed; Lathe replaces only what it wrote itself: "
            + "name another place, or move what is there away"
    }
}
