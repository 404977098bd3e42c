// SPDX-License-Identifier: Apache-2.0
// RFC 6962 inclusion, against trees built by its recursive definition.
pragma solidity ^0.8.28;

import {Rfc6962} from "../src/lib/Rfc6962.sol";
import {Trees} from "./support/Trees.sol";
import {World} from "./support/World.sol";

contract Rfc6962Test is World {
    function setUp() public {
        for (uint256 i = 0; i < 70; ++i) logLeaves.push(sha256(abi.encodePacked(bytes1(0), i)));
    }

    function includes(bytes32 leaf, uint64 index, uint64 size, bytes32 root, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return Rfc6962.includes(leaf, index, size, root, proof);
    }

    function testEveryLeafOfEverySmallTree() public view {
        for (uint64 size = 1; size <= 20; ++size) {
            bytes32 root = Trees.logRoot(logLeaves, 0, size);
            for (uint64 i = 0; i < size; ++i) {
                yes(this.includes(logLeaves[i], i, size, root, Trees.logPath(logLeaves, i, 0, size)));
            }
        }
    }

    function testFuzzOnlyTheRightLeafPlaceAndPath(uint64 size, uint64 index, uint64 wrong, uint8 bent) public view {
        size = size % 70 + 1;
        index %= size;
        bytes32 root = Trees.logRoot(logLeaves, 0, size);
        bytes32[] memory path = Trees.logPath(logLeaves, index, 0, size);
        yes(this.includes(logLeaves[index], index, size, root, path));
        wrong %= size + 3;
        if (wrong != index) {
            yes(!this.includes(logLeaves[index], wrong, size, root, path));
            if (wrong < size) yes(!this.includes(logLeaves[wrong], index, size, root, path));
        }
        yes(!this.includes(logLeaves[index], index, size, ~root, path));
        bytes32[] memory longer = new bytes32[](path.length + 1);
        for (uint256 i = 0; i < path.length; ++i) longer[i] = path[i];
        yes(!this.includes(logLeaves[index], index, size, root, longer));
        if (path.length > 0) {
            path[bent % path.length] = ~path[bent % path.length];
            yes(!this.includes(logLeaves[index], index, size, root, path));
            bytes32[] memory shorter = new bytes32[](path.length - 1);
            for (uint256 i = 0; i < shorter.length; ++i) shorter[i] = longer[i];
            yes(!this.includes(logLeaves[index], index, size, root, shorter));
        }
    }

    function testAnEmptyTreeIncludesNothing() public view {
        yes(!this.includes(logLeaves[0], 0, 0, logLeaves[0], new bytes32[](0)));
    }

    /// RFC 6962's own first test vector: the leaf of empty bytes is the root of a tree of one.
    function testTheTreeOfOneLeafIsItsLeaf() public view {
        bytes32 leaf = sha256(hex"00");
        eq(leaf, 0x6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d);
        yes(this.includes(leaf, 0, 1, leaf, new bytes32[](0)));
    }
}
