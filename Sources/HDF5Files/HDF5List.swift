// Lists of numbers that are never held whole: written as they grow, read a stretch at a time.

internal import CHDF5
internal import Digests

/// A list in a file that grows at its end. What is appended reaches the file some chunks at a time, and the rest with `finish`.
public final class HDF5ListWriter<Number: HDF5Number> {
    /// `nil` once the list is finished: an open one would keep its file open.
    private var dataset: HDF5Handle?
    private let file: HDF5File
    private let path: String
    private var written = 0
    /// Of the numbers as they were appended, whatever reaches the file.
    private var hash: SHA256? = SHA256()
    private var pending: [Number] = []

    /// Elements of a chunk: what is read, and checked, to read one element.
    private static var chunkElements: Int { 1 << 14 }
    /// Elements that go to the file at once.
    private static var pendingElements: Int { 1 << 16 }

    /// An empty list at `path`, whose parents are there.
    /// - Parameter isCompressed: whether its chunks are deflated.
    public init(_ path: String, in file: HDF5File, isCompressed: Bool = false) throws(HDF5Failure) {
        var size: hsize_t = 0
        var limit = lathe_h5_unlimited()
        let space = try HDF5Handle(H5Screate_simple(1, &size, &limit), "make a space", closing: H5Sclose)
        dataset = try file.create(
            path, Number.typeInFile, space, chunk: [Self.chunkElements], isCompressed: isCompressed)
        self.file = file
        self.path = path
        pending.reserveCapacity(Self.pendingElements)
    }

    /// Elements appended so far.
    public var count: Int { written + pending.count }

    public func append(_ value: Number) throws(HDF5Failure) {
        pending.append(value)
        if pending.count >= Self.pendingElements { try writePending() }
    }

    public func append(_ values: [Number]) throws(HDF5Failure) {
        var rest = values[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.pendingElements - pending.count)
            pending += part
            rest = rest.dropFirst(part.count)
            if pending.count >= Self.pendingElements { try writePending() }
        }
    }

    /// Writes what is left and closes the list.
    public func finish() throws(HDF5Failure) {
        if !pending.isEmpty { try writePending() }
        // Closing gives the last chunks to the disk.
        dataset = nil
        try file.requireWritten(path)
        guard let digest = hash.take()?.digest().hexadecimal else { return }
        file.expect(path) { [path, written] (file) throws(HDF5Failure) in
            let reader = try HDF5ListReader<Number>(path, in: file)
            guard reader.count == written else { return false }
            return try reader.digest() == digest
        }
    }

    private func writePending() throws(HDF5Failure) {
        guard let dataset else { preconditionFailure("the list \(path) is finished") }
        var size = hsize_t(count)
        guard H5Dset_extent(dataset.id, &size) >= 0 else { throw file.failure("extend \(path)") }
        let memory = try HDF5File.space([pending.count])
        let stored = try file.handle(H5Dget_space(dataset.id), "measure \(path)", closing: H5Sclose)
        var start = hsize_t(written)
        var stretch = hsize_t(pending.count)
        guard H5Sselect_hyperslab(stored.id, H5S_SELECT_SET, &start, nil, &stretch, nil) >= 0,
            H5Dwrite(dataset.id, Number.typeInMemory, memory.id, stored.id, lathe_h5_default(), pending) >= 0
        else { throw file.failure("write \(path)") }
        try file.requireWritten(path)
        pending.withUnsafeBytes { hash?.update($0) }
        written += pending.count
        pending.removeAll(keepingCapacity: true)
    }
}

/// A list in a file, read a stretch at a time.
public final class HDF5ListReader<Number: HDF5Number>: Sendable {
    public let count: Int
    private let file: HDF5File
    private let dataset: HDF5Handle
    private let path: String

    /// Bytes of unpacked chunks that are kept for the next stretch.
    private static var cacheBytes: Int { 1 << 18 }
    /// Places of that cache, a prime as the library wishes.
    private static var cachePlaces: Int { 101 }

    /// The list at `path`.
    public init(_ path: String, in file: HDF5File) throws(HDF5Failure) {
        self.file = file
        self.path = path
        let access = try file.handle(
            H5Pcreate(lathe_h5_dataset_access_class()), "set access to \(path)", closing: H5Pclose)
        guard H5Pset_chunk_cache(access.id, Self.cachePlaces, Self.cacheBytes, 0.75) >= 0 else {
            throw file.failure("set the cache of \(path)")
        }
        dataset = try file.handle(H5Dopen2(file.file.id, path, access.id), "open \(path)", closing: H5Dclose)
        count = try file.sizes(of: dataset, axes: 1, path)[0]
        guard count / file.largestExpansion(of: dataset) <= file.largestByteCount / MemoryLayout<Number>.stride else {
            throw file.failure("hold \(path), which is larger than its file")
        }
    }

    /// The elements in `range`.
    public func read(_ range: Range<Int>) throws(HDF5Failure) -> [Number] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        guard !range.isEmpty else { return [] }
        let memory = try HDF5File.space([range.count])
        let stored = try file.handle(H5Dget_space(dataset.id), "measure \(path)", closing: H5Sclose)
        var start = hsize_t(range.lowerBound)
        var stretch = hsize_t(range.count)
        var values = [Number](repeating: .zero, count: range.count)
        let isRead =
            H5Sselect_hyperslab(stored.id, H5S_SELECT_SET, &start, nil, &stretch, nil) >= 0
            && values.withUnsafeMutableBytes {
                H5Dread(
                    dataset.id, Number.typeInMemory, memory.id, stored.id, lathe_h5_default(), $0.baseAddress)
            } >= 0
        guard isRead else { throw file.failure("read \(path)") }
        return values
    }

    /// SHA-256 of all elements, of which never many are held.
    func digest() throws(HDF5Failure) -> String {
        var hash = SHA256()
        for start in stride(from: 0, to: count, by: 1 << 16) {
            try read(start..<min(start + (1 << 16), count)).withUnsafeBytes { hash.update($0) }
        }
        return hash.digest().hexadecimal
    }

    /// All elements.
    public func readAll() throws(HDF5Failure) -> [Number] { try read(0..<count) }
}
