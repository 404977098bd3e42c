// SPDX-License-Identifier: Apache-2.0
// CheckpointAnchor: append-only, monotone, and only by k distinct witnesses.
pragma solidity ^0.8.28;

import {CheckpointAnchor} from "../src/CheckpointAnchor.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {World} from "./support/World.sol";

contract AnchorTest is World {
    bytes32 private constant ROOT = keccak256("root");

    function setUp() public {
        deployWorld();
    }

    function testAnchorsWhatEnoughWitnessesSigned() public {
        bytes[] memory signatures = checkpointSignatures(5, ROOT);
        vm.expectEmit();
        emit CheckpointAnchor.Anchored(ORIGIN, 5, ROOT);
        anchor.post(ORIGIN, 5, ROOT, signatures);
        eq(anchor.rootAt(ORIGIN, 5), ROOT);
        eq(anchor.latestSize(ORIGIN), 5);
        eq(anchor.quorum(), 2);
        eq(anchor.vault(), address(vault));
    }

    function testNeverGoesBackNorStays() public {
        anchor.post(ORIGIN, 5, ROOT, checkpointSignatures(5, ROOT));
        bytes32 other = keccak256("other");
        bytes[] memory same = checkpointSignatures(5, other);
        vm.expectRevert(abi.encodeWithSelector(CheckpointAnchor.NotLarger.selector, 5, 5));
        anchor.post(ORIGIN, 5, other, same);
        bytes[] memory less = checkpointSignatures(4, other);
        vm.expectPartialRevert(CheckpointAnchor.NotLarger.selector);
        anchor.post(ORIGIN, 4, other, less);
        anchor.post(ORIGIN, 6, other, checkpointSignatures(6, other));
        eq(anchor.rootAt(ORIGIN, 5), ROOT);
        eq(anchor.rootAt(ORIGIN, 6), other);
    }

    function testRefusesTooFewSignatures() public {
        bytes[] memory signatures = checkpointSignatures(5, ROOT);
        bytes[] memory single = new bytes[](1);
        single[0] = signatures[0];
        vm.expectRevert(abi.encodeWithSelector(CheckpointAnchor.NoQuorum.selector, 1, 2));
        anchor.post(ORIGIN, 5, ROOT, single);
    }

    function testRefusesOneWitnessTwiceAndWrongOrder() public {
        bytes[] memory signatures = checkpointSignatures(5, ROOT);
        bytes[] memory twice = new bytes[](2);
        twice[0] = twice[1] = signatures[0];
        vm.expectPartialRevert(CheckpointAnchor.NotAscending.selector);
        anchor.post(ORIGIN, 5, ROOT, twice);
        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        vm.expectPartialRevert(CheckpointAnchor.NotAscending.selector);
        anchor.post(ORIGIN, 5, ROOT, signatures);
    }

    function testRefusesStrangersAndOtherMessages() public {
        bytes[] memory other = checkpointSignatures(6, ROOT);
        vm.expectRevert();
        anchor.post(ORIGIN, 5, ROOT, other);
        bytes32 digest = typed(
            vault.domainSeparator(),
            keccak256(
                abi.encode(keccak256("Checkpoint(bytes32 origin,uint64 size,bytes32 root)"), ORIGIN, uint64(5), ROOT)
            )
        );
        bytes[] memory mixed = new bytes[](3);
        (mixed[0], mixed[1]) = (checkpointSignatures(5, ROOT)[0], checkpointSignatures(5, ROOT)[1]);
        uint256 key = 0xD0;
        while (vm.addr(key) < vm.addr(witnessKeys[1])) ++key;
        mixed[2] = signature(key, digest);
        vm.expectRevert(abi.encodeWithSelector(CheckpointAnchor.NotWitness.selector, vm.addr(key)));
        anchor.post(ORIGIN, 5, ROOT, mixed);
    }

    function testRefusesHighSAndOddLengths() public {
        bytes[] memory signatures = checkpointSignatures(5, ROOT);
        (bytes32 r, bytes32 s, uint8 v) = _split(signatures[0]);
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        signatures[0] = abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        vm.expectPartialRevert(ECDSA.ECDSAInvalidSignatureS.selector);
        anchor.post(ORIGIN, 5, ROOT, signatures);
        signatures[0] = abi.encodePacked(r, s);
        vm.expectPartialRevert(ECDSA.ECDSAInvalidSignatureLength.selector);
        anchor.post(ORIGIN, 5, ROOT, signatures);
    }

    function testRefusesAnEmptyRoot() public {
        bytes[] memory signatures = checkpointSignatures(5, 0);
        vm.expectPartialRevert(CheckpointAnchor.EmptyRoot.selector);
        anchor.post(ORIGIN, 5, 0, signatures);
    }

    function testWitnessesAreDistinctAndTheirQuorumIsAMajority() public {
        // Deployed at the address that the vault names, so that only the witnesses are at fault.
        address[] memory list = witnesses();
        _refuses(list, 4);
        _refuses(list, 1);
        address[] memory two = new address[](2);
        (two[0], two[1]) = (address(1), address(2));
        _refuses(two, 1);
        list[1] = list[0];
        _refuses(list, 2);
        address[] memory zero = new address[](1);
        _refuses(zero, 1);
        address[] memory four = new address[](4);
        for (uint256 i = 0; i < 4; ++i) four[i] = address(uint160(i + 1));
        _refuses(four, 2);
        eq(_anchorFor(four, 3).quorum(), 3);
        eq(_anchorFor(four, 4).quorum(), 4);
    }

    function testRefusesAVaultThatNamesAnotherAnchor() public {
        address[] memory list = witnesses();
        vm.expectPartialRevert(CheckpointAnchor.BadWitnesses.selector);
        this.anchorOf(address(vault), list, 2);
    }

    function anchorOf(address forVault, address[] memory list, uint256 k) public returns (CheckpointAnchor) {
        return CheckpointAnchor(deploy("CheckpointAnchor", abi.encode(forVault, list, k)));
    }

    function _anchorFor(address[] memory list, uint256 k) private returns (CheckpointAnchor) {
        NamingVault naming = new NamingVault(vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1));
        return anchorOf(address(naming), list, k);
    }

    function _refuses(address[] memory list, uint256 k) private {
        NamingVault naming = new NamingVault(vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1));
        vm.expectPartialRevert(CheckpointAnchor.BadWitnesses.selector);
        this.anchorOf(address(naming), list, k);
    }

    function _split(bytes memory sig) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        assembly ("memory-safe") {
            r := mload(add(sig, 0x20))
            s := mload(add(sig, 0x40))
            v := byte(0, mload(add(sig, 0x60)))
        }
    }
}

/// A vault as far as an anchor looks at it.
contract NamingVault {
    address public anchor;

    constructor(address anchor_) {
        anchor = anchor_;
    }
}
