// SPDX-License-Identifier: Apache-2.0
// What the vault asks of the anchor.
pragma solidity ^0.8.28;

interface ICheckpointAnchor {
    /// Size of the newest anchored checkpoint of a log; 0 when there is none.
    function latestSize(bytes32 origin) external view returns (uint64);
    /// Root of an anchored checkpoint; 0 when that size is not anchored.
    function rootAt(bytes32 origin, uint64 size) external view returns (bytes32);
}
