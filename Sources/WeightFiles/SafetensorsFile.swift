// Reading safetensors, as strictly as the format's own library (0.8): eight bytes of length, a JSON header, then the tensors
// without holes.

public import Foundation
internal import JSON
public import Tensors

/// A safetensors file: its directory is checked whole when it is opened, its tensors are mapped.
public final class SafetensorsFile: Sendable {
    public let file: MappedFile
    /// In the order of their bytes.
    public let tensors: [StoredTensor]
    /// The header's `__metadata__`, in the file's order.
    public let metadata: [(key: String, value: String)]
    /// Names that stand more than once in the header. As in the format's own library the last entry counts.
    public let repeatedNames: [String]
    private let indices: [[UInt8]: Int]

    /// The most bytes a header may have.
    public static let maximumHeaderBytes = 100_000_000

    public convenience init(_ url: URL) throws(WeightError) { try self.init(MappedFile(url)) }

    init(_ file: MappedFile) throws(WeightError) {
        self.file = file
        let header = try SafetensorsFile.header(of: file)
        var directory = SafetensorsDirectory(file: file.path, dataStart: 8 + header.count, fileSize: file.bytes.count)
        try directory.read(header)
        tensors = directory.tensors
        metadata = directory.metadata
        repeatedNames = directory.repeatedNames
        var indices: [[UInt8]: Int] = [:]
        for (index, tensor) in tensors.enumerated() { indices[Array(tensor.name.utf8)] = index }
        self.indices = indices
    }

    public var names: [String] { tensors.map(\.name) }

    /// The directory entry of `name`.
    public func entry(_ name: String) -> StoredTensor? { indices[Array(name.utf8)].map { tensors[$0] } }

    /// The tensor called `name`, nil if there is none; throws if its type cannot be computed with.
    public func tensor(_ name: String) throws(WeightError) -> FrozenTensor? {
        guard let entry = entry(name) else { return nil }
        return try entry.frozen(in: file, as: name)
    }

    private static func header(of file: MappedFile) throws(WeightError) -> UnsafeRawBufferPointer {
        var reader = ByteReader(file.bytes, file: file.path)
        let count = try reader.integer(UInt64.self, "the header's length")
        guard count <= UInt64(maximumHeaderBytes) else {
            throw WeightError(
                file: file.path, "the header is too large", byteOffset: 0,
                expected: "at most \(maximumHeaderBytes) bytes",
                found: "\(count)", hint: "is this a safetensors file?")
        }
        return UnsafeRawBufferPointer(rebasing: file.bytes[try reader.skip(count, "the header")])
    }
}

/// The header of a safetensors file while it is read.
private struct SafetensorsDirectory {
    let file: String
    let dataStart: Int
    let fileSize: Int
    var tensors: [StoredTensor] = []
    var metadata: [(key: String, value: String)] = []
    var repeatedNames: [String] = []

    mutating func read(_ header: UnsafeRawBufferPointer) throws(WeightError) {
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue(parsing: header) } catch {
            throw WeightError(file: file, "the header is not JSON: \(error.reason)", byteOffset: 8 + error.byteOffset)
        }
        guard let object = json.object else {
            throw WeightError(file: file, "the header", byteOffset: 8, expected: "an object", found: json.typeName)
        }
        var entries: [(name: String, value: JSONValue)] = []
        var places: [[UInt8]: Int] = [:]
        var hasMetadata = false
        for (key, value) in object.members {
            if key == "__metadata__" {
                guard !hasMetadata else { throw WeightError(file: file, "stands twice", tensor: key) }
                hasMetadata = true
                try readMetadata(value)
            } else if let place = places.updateValue(entries.count, forKey: Array(key.utf8)) {
                repeatedNames.append(key)
                places[Array(key.utf8)] = place
                entries[place].value = value
            } else {
                entries.append((key, value))
            }
        }
        tensors = []
        tensors.reserveCapacity(entries.count)
        for (name, value) in entries { tensors.append(try tensor(name, value)) }
        tensors.sort {
            ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
        }
        try checkPlaces()
    }

    private mutating func readMetadata(_ value: JSONValue) throws(WeightError) {
        if value.isNull { return }
        guard let object = value.object else {
            throw WeightError(
                file: file, "metadata", tensor: "__metadata__", expected: "an object", found: value.typeName)
        }
        for (key, value) in object.members {
            guard let text = value.string else {
                throw WeightError(
                    file: file, "metadata value", tensor: "__metadata__.\(key)", expected: "a string",
                    found: value.typeName)
            }
            metadata.append((key, text))
        }
    }

    private func tensor(_ name: String, _ value: JSONValue) throws(WeightError) -> StoredTensor {
        func failure(_ problem: String, expected: String? = nil, found: String? = nil) -> WeightError {
            WeightError(file: file, problem, tensor: name, expected: expected, found: found)
        }
        guard let object = value.object else {
            throw failure("directory entry", expected: "an object", found: value.typeName)
        }
        if let twice = object.firstDuplicateKey { throw failure("`\(twice)` stands twice") }
        guard let typeName = object["dtype"]?.string else { throw failure("no `dtype`") }
        guard let type = StoredType.safetensors[typeName] else { throw failure("unknown dtype `\(typeName)`") }
        guard let sizes = SafetensorsDirectory.naturals(object["shape"]) else {
            throw failure("`shape`", expected: "a list of non-negative integers")
        }
        guard let offsets = SafetensorsDirectory.naturals(object["data_offsets"]), offsets.count == 2 else {
            throw failure("`data_offsets`", expected: "two non-negative integers")
        }
        let shape = Shape(sizes)
        guard let elements = shape.elementCount, !elements.multipliedReportingOverflow(by: type.blockBits).overflow
        else {
            throw failure("the size of shape \(shape) overflows")
        }
        guard let byteCount = type.byteCount(elements: elements) else {
            throw failure("shape \(shape) does not fill whole bytes")
        }
        guard offsets[0] <= offsets[1] else {
            throw failure("`data_offsets` run backwards", found: "\(offsets)")
        }
        guard offsets[1] - offsets[0] == byteCount else {
            throw failure(
                "`data_offsets` do not fit shape \(shape) of \(typeName)", expected: "\(byteCount) bytes",
                found: "\(offsets[1] - offsets[0])")
        }
        guard offsets[1] <= fileSize - dataStart else {
            throw failure(
                "the data is cut", expected: "\(offsets[1]) bytes after the header", found: "\(fileSize - dataStart)")
        }
        return StoredTensor(
            name: name, type: type, shape: shape, byteRange: (dataStart + offsets[0])..<(dataStart + offsets[1]))
    }

    /// Tensors follow each other without hole or overlap and fill the file.
    private func checkPlaces() throws(WeightError) {
        var end = dataStart
        for tensor in tensors {
            guard tensor.byteRange.lowerBound == end else {
                throw WeightError(
                    file: file,
                    tensor.byteRange.lowerBound < end ? "overlaps another tensor" : "a hole stands before the tensor",
                    tensor: tensor.name, byteOffset: tensor.byteRange.lowerBound, expected: "offset \(end - dataStart)",
                    found: "\(tensor.byteRange.lowerBound - dataStart)")
            }
            end = tensor.byteRange.upperBound
        }
        guard end == fileSize else {
            throw WeightError(
                file: file, "bytes that belong to no tensor", byteOffset: end, expected: "the end of the file",
                found: "\(fileSize - end) more bytes")
        }
    }

    private static func naturals(_ value: JSONValue?) -> [Int]? {
        guard let array = value?.array else { return nil }
        var numbers: [Int] = []
        for element in array {
            guard case .integer(let number) = element, number >= 0 else { return nil }
            numbers.append(number)
        }
        return numbers
    }
}
