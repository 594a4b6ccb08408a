import Digests
import Testing

/// Known answers from FIPS 180-4's examples.
@Test func knownAnswers() {
    #expect(SHA256.hex(of: "") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(SHA256.hex(of: "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
}

@Test func piecesEqualTheWhole() {
    var hash = SHA256()
    for byte in Array("abc".utf8) { hash.update([byte]) }
    #expect(hash.digest().hexadecimal == SHA256.hex(of: "abc"))
}
