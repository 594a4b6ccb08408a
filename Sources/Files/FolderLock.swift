// One process at a time changes what stands in a folder.

public import Foundation
internal import Synchronization
internal import Vocabulary

/// Holds a folder until it is released or the process ends, however it ends.
///
/// The folder itself is locked, so that nothing lies in it that a killed process could leave there. File systems that know no such
/// locks are written without.
public final class FolderLock {
    /// For what a folder is held.
    public enum Claim: Sendable {
        /// For a piece of work: refused at once where anybody holds it.
        case work
        /// For a step that takes no time: waits for another process, and goes along with the work that this one has there.
        case step
    }

    /// A folder as the system tells it apart.
    private struct Identity: Hashable {
        let device: UInt64
        let number: UInt64

        init?(_ descriptor: Int32) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { return nil }
            (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
        }
    }

    private struct Hold {
        let descriptor: Int32
        var count: Int
    }

    private enum Answer { case held, free, taken }

    /// What this process holds: a second lock of its own would wait for the first for ever.
    private static let holds = Mutex<[Identity: Hold]>([:])

    /// How long a step waits: half a minute, in pauses of a hundredth of a second.
    private static let attempts = 3000
    private static let pause: UInt32 = 10_000

    private var identity: Identity?

    /// - Throws: `PlaceError` where another process holds the folder, and goes on to.
    public init(_ folder: URL, _ claim: Claim) throws {
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            // It may be written and not read.
            if claim == .step, errno == EACCES { return }
            throw SystemError(errno, writing: folder.path, "cannot be opened")
        }
        guard let identity = Identity(descriptor) else {
            let failure = SystemError(errno, writing: folder.path, "cannot be looked at")
            close(descriptor)
            throw failure
        }
        for attempt in 0... {
            switch Self.ask(identity, descriptor, claim) {
            case .held:
                self.identity = identity
                return
            case .free:
                close(descriptor)
                return
            case .taken where claim == .work || attempt >= Self.attempts:
                let holder = Self.holder(of: identity)
                close(descriptor)
                throw PlaceError(folder.path, inTheWay: folder.path, .busy(holder))
            case .taken: usleep(Self.pause)
            }
        }
    }

    deinit { release() }

    /// Lets go of it.
    public func release() {
        guard let identity else { return }
        self.identity = nil
        Self.holds.withLock { holds in
            guard var hold = holds[identity] else { return }
            hold.count -= 1
            holds[identity] = hold.count > 0 ? hold : nil
            if hold.count == 0 { close(hold.descriptor) }
        }
    }

    /// Takes the lock where it can be had.
    private static func ask(_ identity: Identity, _ descriptor: Int32, _ claim: Claim) -> Answer {
        holds.withLock { holds in
            if var hold = holds[identity] {
                guard claim == .step else { return .taken }
                close(descriptor)
                hold.count += 1
                holds[identity] = hold
                return .held
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return errno == EWOULDBLOCK ? .taken : .free }
            holds[identity] = Hold(descriptor: descriptor, count: 1)
            return .held
        }
    }

    /// The process that holds the folder; nil where none does, or the system does not tell. Nobody is kept from taking it meanwhile.
    public static func process(holding folder: URL) -> Int? {
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return Identity(descriptor).flatMap { holder(of: $0) }
    }

    /// The process that holds the lock, as `/proc/locks` knows it: "1: FLOCK  ADVISORY  WRITE 4711 fd:01:1234567 0 EOF".
    private static func holder(of identity: Identity) -> Int? {
        guard let table = try? String(contentsOfFile: "/proc/locks", encoding: .utf8) else { return nil }
        let processes = table.split(separator: "\n").compactMap { line -> Int? in
            let fields = line.split(separator: " ")
            guard fields.count > 5, fields[1] == "FLOCK", fields[5].hasSuffix(":\(identity.number)") else { return nil }
            return Int(fields[4])
        }
        return processes.count == 1 ? processes.first : nil
    }
}
