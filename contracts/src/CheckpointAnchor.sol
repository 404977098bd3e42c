// SPDX-License-Identifier: Apache-2.0
// Append-only record of a log's checkpoints, each signed by k witnesses' payment keys.
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {AssayTypes} from "./lib/AssayTypes.sol";
import {ICheckpointAnchor} from "./interfaces/ICheckpointAnchor.sol";
import {IVault} from "./interfaces/IVault.sol";

/// Nobody owns it. Witnesses and their quorum are fixed when it is deployed; others need another anchor.
contract CheckpointAnchor is ICheckpointAnchor {
    /// The vault that gives the signing domain.
    address public immutable vault;
    /// How many witnesses must have signed.
    uint256 public immutable quorum;

    mapping(address account => bool) public isWitness;
    mapping(bytes32 origin => uint64) public latestSize;
    mapping(bytes32 origin => mapping(uint64 size => bytes32)) public rootAt;

    event Anchored(bytes32 indexed origin, uint64 size, bytes32 root);

    error BadWitnesses();
    error NotLarger(uint64 latest, uint64 size);
    error EmptyRoot();
    error NotWitness(address signer);
    error NotAscending(address signer);
    error NoQuorum(uint256 signatures, uint256 quorum);

    /// @param witnesses distinct payment keys in ascending order
    /// @param k how many of them must sign; more than half, so that two checkpoints share a witness
    constructor(address vault_, address[] memory witnesses, uint256 k) {
        require(IVault(vault_).anchor() == address(this) && k <= witnesses.length && 2 * k > witnesses.length, BadWitnesses());
        address previous = address(0);
        for (uint256 i = 0; i < witnesses.length; ++i) {
            require(witnesses[i] > previous, BadWitnesses());
            previous = witnesses[i];
            isWitness[previous] = true;
        }
        vault = vault_;
        quorum = k;
    }

    /// Anchors a checkpoint. Anybody may bring it; the witnesses' word is what counts.
    /// @param signatures 65 bytes each (low s, v 27 or 28), in ascending order of their signers
    function post(bytes32 origin, uint64 size, bytes32 root, bytes[] calldata signatures) external {
        require(size > latestSize[origin], NotLarger(latestSize[origin], size));
        require(root != bytes32(0), EmptyRoot());
        require(signatures.length >= quorum, NoQuorum(signatures.length, quorum));
        bytes32 digest = AssayTypes.checkpointDigest(origin, size, root, vault);
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = ECDSA.recoverCalldata(digest, signatures[i]);
            require(signer > previous, NotAscending(signer));
            require(isWitness[signer], NotWitness(signer));
            previous = signer;
        }
        latestSize[origin] = size;
        rootAt[origin][size] = root;
        emit Anchored(origin, size, root);
    }
}
