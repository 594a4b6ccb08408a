// Safetensors files taken apart and put together wrongly.

import Foundation
import JSON
import Testing

/// The tensors of a safetensors file: names, shapes, bytes.
struct EditedTensors {
    struct Entry {
        var name: String
        var type: JSONValue
        var shape: [Int]
        var bytes: Data
    }

    var entries: [Entry]

    init(_ url: URL) throws {
        let data = [UInt8](try Data(contentsOf: url))
        let length = (0..<8).reduce(0) { $0 | Int(data[$1]) << (8 * $1) }
        let header = try JSONValue(parsing: Array(data[8..<8 + length]))
        entries = try #require(header.object).members.filter { $0.key != "__metadata__" }.map { name, value in
            let offsets = try #require(value["data_offsets"]?.array).compactMap(\.integer)
            return Entry(
                name: name, type: try #require(value["dtype"]),
                shape: try #require(value["shape"]?.array).compactMap(\.integer),
                bytes: Data(data[8 + length + offsets[0]..<8 + length + offsets[1]]))
        }
    }

    /// Changes the first tensor whose name holds `part`; gives its name.
    @discardableResult
    mutating func change(_ part: String, _ body: (inout Entry) -> Void) throws -> String {
        let index = try #require(entries.firstIndex { $0.name.contains(part) })
        body(&entries[index])
        return entries[index].name
    }

    func write(to url: URL) throws {
        var header: [JSONObject.Member] = []
        var offset = 0
        for entry in entries {
            header.append(
                (
                    entry.name,
                    [
                        "dtype": entry.type, "shape": .array(entry.shape.map { .integer($0) }),
                        "data_offsets": [.integer(offset), .integer(offset + entry.bytes.count)],
                    ]
                ))
            offset += entry.bytes.count
        }
        var text = JSONValue.object(JSONObject(header)).text()
        while text.utf8.count % 8 != 0 { text += " " }
        var data = Data((0..<8).map { UInt8(truncatingIfNeeded: text.utf8.count >> (8 * $0)) })
        data.append(contentsOf: text.utf8)
        for entry in entries { data.append(entry.bytes) }
        try data.write(to: url)
    }
}

extension Data {
    /// The first four bytes as a NaN.
    mutating func poison() { replaceSubrange(startIndex..<startIndex + 4, with: [0, 0, 0xC0, 0x7F]) }
}
