// Whether the lists of a prepared file fit each other. A digest tells that the bytes are as they were written, not that they were
// written by Lathe; all is looked at once, so that nothing later has to trust it.

internal import HDF5Files

extension PreparedFileSide {
    /// Numbers that are held at once.
    private static let stretch = 1 << 16

    /// What in the lists contradicts itself; `nil` where they are sound.
    func contradiction() throws(HDF5Failure) -> String? {
        if let reason = shapeFault { return reason }
        if let reason = try tokenFault() { return reason }
        if let reason = try rowFault() { return reason }
        if let reason = try wantedFault() { return reason }
        return try places.contradiction()
    }

    private var shapeFault: String? {
        let count = targets.count
        guard bounds.count == count + 1, bounds[0] == 0, bounds[count] == ids.count, mask.count == ids.count,
            [row.count, part.count, places.file.count, places.line.count].allSatisfy({ $0 == count })
        else { return "its lists are not of one length" }
        for index in 0..<count {
            guard bounds[index] <= bounds[index + 1], targets[index] >= 0,
                Int64(targets[index]) <= bounds[index + 1] - bounds[index]
            else { return "sequence \(index) has no sound bounds" }
        }
        if let wanted {
            guard wantedBounds.count == count + 1, wantedBounds[0] == 0, wantedBounds[count] == wanted.count,
                zip(wantedBounds, wantedBounds.dropFirst()).allSatisfy({ $0 <= $1 })
            else { return "what is wanted of its sequences has no sound bounds" }
        }
        guard rowCount >= 0, counts == (count, ids.count, targets.reduce(0) { $0 + Int($1) }) else {
            return "its counts are not those of its lists"
        }
        return nil
    }

    /// Ids are numbers from 0, marks are 0 or 1, the first token of a sequence is never marked, and as many are as it says.
    private func tokenFault() throws(HDF5Failure) -> String? {
        var sequence = 0
        var marked = 0
        for start in stride(from: 0, to: ids.count, by: Self.stretch) {
            let range = start..<min(start + Self.stretch, ids.count)
            let (ids, marks) = (try ids.read(range), try mask.read(range))
            if let index = ids.firstIndex(where: { $0 < 0 }) {
                return "token \(start + index) has the id \(ids[index])"
            }
            if let index = marks.firstIndex(where: { $0 > 1 }) {
                return "token \(start + index) has the mark \(marks[index])"
            }
            for (offset, mark) in marks.enumerated() {
                while Int(bounds[sequence + 1]) <= start + offset {
                    guard marked == Int(targets[sequence]) else { return markFault(sequence) }
                    (sequence, marked) = (sequence + 1, 0)
                }
                let isFirst = Int(bounds[sequence]) == start + offset
                if mark == 1, isFirst, wanted == nil { return markFault(sequence) }
                marked += Int(mark)
            }
        }
        while sequence < targets.count {
            guard marked == Int(targets[sequence]) else { return markFault(sequence) }
            (sequence, marked) = (sequence + 1, 0)
        }
        return nil
    }

    /// What is wanted are numbers, and those of classes are of the classes that there are.
    private func wantedFault() throws(HDF5Failure) -> String? {
        guard let wanted else { return nil }
        for start in stride(from: 0, to: wanted.count, by: Self.stretch) {
            let numbers = try wanted.read(start..<min(start + Self.stretch, wanted.count))
            let isSound = numbers.allSatisfy { number in
                classPlaces.isEmpty
                    ? number.isFinite : Int(exactly: number).map(classPlaces.indices.contains) ?? false
            }
            if !isSound { return "what is wanted of its sequences is nothing that there is" }
        }
        return nil
    }

    private func markFault(_ sequence: Int) -> String { "sequence \(sequence) has other marks than it says" }

    /// Sequences stand in the order of their rows and of their parts.
    private func rowFault() throws(HDF5Failure) -> String? {
        var last: (row: Int64, part: Int32) = (-1, 0)
        for start in stride(from: 0, to: count, by: Self.stretch) {
            let range = start..<min(start + Self.stretch, count)
            for (offset, place) in zip(try row.read(range), try part.read(range)).enumerated() {
                let isNext = place.0 == last.row ? place.1 > last.part : place.0 > last.row && place.1 >= 0
                // The two answers of a row stand side by side.
                let isPaired = format != .preference || ((start + offset) % 2 == 1) == (place.0 == last.row)
                guard isNext, isPaired, place.0 < rowCount else {
                    return "sequence \(start + offset) is of no row in its turn"
                }
                last = place
            }
        }
        return format == .preference && count % 2 != 0 ? "its last pair lacks a sequence" : nil
    }

    /// The largest token id: the model's vocabulary must hold it.
    public func largestToken() throws -> Int32 {
        try reading { () throws(HDF5Failure) in
            var largest: Int32 = -1
            for start in stride(from: 0, to: ids.count, by: Self.stretch) {
                largest = max(largest, try ids.read(start..<min(start + Self.stretch, ids.count)).max() ?? -1)
            }
            return largest
        }
    }
}

extension StoredPlaces {
    /// What of the places is nowhere.
    func contradiction() throws(HDF5Failure) -> String? {
        for start in stride(from: 0, to: file.count, by: 1 << 16) {
            let range = start..<min(start + (1 << 16), file.count)
            guard try file.read(range).allSatisfy({ files.indices.contains(Int($0)) }),
                try line.read(range).allSatisfy({ $0 >= 0 })
            else { return "a row among \(range) stands nowhere" }
        }
        return nil
    }
}
