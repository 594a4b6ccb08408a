// One file from a server: broken connections are gone on with, in this process and in the next.

internal import Files
internal import Foundation
internal import Spelling
internal import Synthesis
internal import Vocabulary

/// Gets the file of an address, piece by piece.
struct FileDownload {
    let client: FetchClient
    let address: HTTPAddress
    let file: FetchedFile
    /// Where its bytes gather.
    let part: FetchedPart
    /// Told how many bytes are there.
    let progress: (Int) -> Void
    /// Told what a person should know.
    let tell: (String) -> Void

    /// What became of a request.
    private enum Step {
        case whole(sha256: String?, bytes: Int?)
        case absent
        case again(Result<Int, HTTPFault>)
    }

    /// Gets what is missing of the file; false where the server has no such file.
    ///
    /// - Throws: `Failure` where the server refuses or cannot be reached, and where the bytes are not those that were promised; these
    ///   are removed then.
    func run() throws -> Bool {
        var attempt = 0
        while true {
            let before = try part.bytes
            switch try step(from: before) {
            case .absent: return false
            case .whole(let sha256, let bytes):
                try prove(sha256: file.sha256 ?? sha256, told: sha256, bytes: file.bytes ?? bytes)
                return true
            case .again(let outcome):
                // Who gives something each time may break off as often as he likes.
                attempt = try part.bytes > before ? 1 : attempt + 1
                guard attempt < FetchClient.attempts else { throw FetchClient.failure(outcome, address) }
                client.wait(attempt)
            }
        }
    }

    /// Asks for what is missing from `start` on.
    private func step(from start: Int) throws -> Step {
        let tag = try part.tag, present = start
        var start = start
        // Bytes of which nothing says that they are still those of the file are not gone on with.
        if start > 0, tag == nil, file.sha256 == nil { start = 0 }
        var headers: [(name: String, value: String)] = []
        if let tag, try part.wholeState != nil {
            headers = [("If-None-Match", tag)]
        } else if start > 0 {
            headers = [("Range", "bytes=\(start)-")] + (tag.map { [("If-Range", $0)] } ?? [])
        }
        let answer: FetchClient.Answer
        do { answer = try client.get(address, headers: headers) } catch let fault as HTTPFault {
            return .again(.failure(fault))
        }
        let response = answer.stream.response
        var total = response.contentLength
        switch response.status {
        case 200:
            start = 0
            if present > 0 {
                tell(
                    "\(file.path): the \(Count.text(present, "byte")) that were there are not gone on with: it comes anew"
                )
            }
        // What is there is what the server has.
        case 304 where headers.first?.name == "If-None-Match":
            return .whole(sha256: answer.sha256, bytes: answer.bytes)
        case 206:
            guard let range = Self.range(response["content-range"]), range.start == start, !part.isShared else {
                return try beginAgain(206)
            }
            total = range.total ?? total.map { $0 + start }
        case 416:
            if let bytes = file.bytes ?? answer.bytes, bytes == start {
                return .whole(sha256: answer.sha256, bytes: bytes)
            }
            return try beginAgain(416)
        case 404, 410:
            if file.isOptional { return .absent }
            throw client.refusal(404, address, of: file.path)
        case let status where response.isPassing: return .again(.success(status))
        case let status: throw client.refusal(status, address, of: file.path)
        }
        do { try receive(answer.stream, from: start) } catch let fault as HTTPFault { return .again(.failure(fault)) }
        return .whole(sha256: answer.sha256, bytes: total ?? answer.bytes)
    }

    /// Drops what is there, which the server does not go on with.
    private func beginAgain(_ status: Int) throws -> Step {
        try part.drop()
        return .again(.success(status))
    }

    private func receive(_ stream: HTTPStream, from start: Int) throws {
        let path = part.place.path
        try part.setUnfinished()
        // Never into what was there: the model in its place may be the same file.
        if start == 0 { try part.drop() }
        try part.note(stream.response["etag"])
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw SystemError(errno, writing: path, "cannot be created") }
        defer { close(descriptor) }
        guard ftruncate(descriptor, off_t(start)) == 0, lseek(descriptor, off_t(start), SEEK_SET) == off_t(start) else {
            throw SystemError(errno, writing: path)
        }
        var bytes = start
        while let piece = try stream.next() {
            try Self.write(piece, to: descriptor, path)
            bytes += piece.count
            progress(bytes)
        }
        guard fsync(descriptor) == 0 else { throw SystemError(errno, writing: path, "cannot be flushed") }
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32, _ path: String) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemError(count < 0 ? errno : ENOSPC, writing: path) }
            done += count
        }
    }

    /// Holds the bytes against what was promised.
    ///
    /// - Parameter told: what the server said of them on the way.
    private func prove(sha256 expected: String?, told: String?, bytes: Int?) throws {
        let found = try FileDigest.sha256(part.place.path)
        let isWhole = bytes.map { $0 == found.bytes } ?? true
        let isRight = (expected ?? found.digest) == found.digest && (told ?? found.digest) == found.digest
        guard !isWhole || !isRight else { return }
        try part.drop()
        let difference =
            isWhole
            ? "has the SHA-256 \(found.digest), not \(expected ?? told ?? "")"
            : "has \(found.bytes) bytes, not \(bytes ?? 0)"
        throw Failure(
            .inputOutput, "\(file.path): what \(address.origin) gave \(difference)",
            hint: "what came was removed; the same command gets it anew")
    }

    /// "bytes 5-9/10": where the bytes begin, and how many there are in all.
    private static func range(_ header: String?) -> (start: Int, total: Int?)? {
        guard let header, header.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = header.dropFirst(6).split(separator: "/")
        guard parts.count == 2, let start = Int(parts[0].prefix { $0 != "-" }) else { return nil }
        return (start, Int(parts[1]))
    }
}
