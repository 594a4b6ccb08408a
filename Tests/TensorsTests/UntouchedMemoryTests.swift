// What nobody has used takes no memory: an adapter that is only asked has gradients by name alone.

import Foundation
import Tensors
import Testing

@Suite struct UntouchedMemoryTests {
    @Test func gradientsTakeMemoryOnceTheyAreUsed() {
        let slab = ParameterSlab([("a", 1024, 1024), ("b", 1024, 512)])
        #expect(Self.residentBytes(slab.gradients) == 0)
        #expect(slab.gradients[slab.count / 2] == 0 && slab.values[slab.count - 1] == 0)
        slab.gradients.update(repeating: 1)
        #expect(Self.residentBytes(slab.gradients) >= slab.count * 4)
    }

    /// Of the pages that hold `numbers`, those that are in memory.
    private static func residentBytes(_ numbers: UnsafeMutableBufferPointer<Float>) -> Int {
        let page = sysconf(Int32(_SC_PAGESIZE)), bytes = numbers.count * MemoryLayout<Float>.size
        var isResident = [UInt8](repeating: 0, count: (bytes + page - 1) / page)
        guard mincore(numbers.baseAddress, bytes, &isResident) == 0 else { return -1 }
        return isResident.count { $0 & 1 == 1 } * page
    }
}
