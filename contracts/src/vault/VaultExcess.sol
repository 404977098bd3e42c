// SPDX-License-Identifier: Apache-2.0
// What was claimed from a payment channel beyond what was captured on it goes back to its payer (PROTOCOL 7.4).
pragma solidity ^0.8.28;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IBatchSettlement} from "../interfaces/IBatchSettlement.sol";
import {VaultRefunds} from "./VaultRefunds.sol";

abstract contract VaultExcess is VaultRefunds {
    /// A payer's doubt that everything claimed was captured. `captured` is the highest cumulative amount shown since.
    struct ExcessDispute {
        uint128 claimed;
        uint128 captured;
        uint40 until;
    }

    mapping(bytes32 channelId => ExcessDispute) public excessDisputes;
    /// What a payment channel's payer got back this way, in all.
    mapping(bytes32 channelId => uint128) public excessReturned;

    event ExcessDisputed(bytes32 indexed channelId, uint128 claimed, uint40 until);
    event CapturedShown(bytes32 indexed channelId, uint256 indexed number, uint128 captured);
    event ExcessReturned(bytes32 indexed channelId, address indexed payer, uint128 amount);

    error NotPayer();
    error NotOurChannel();
    error AlreadyDisputed(bytes32 channelId);
    error NotDisputed(bytes32 channelId);

    /// Says that the settlement contract's `totalClaimed` exceeds what was captured. The settler has the hold to show the
    /// batch that captured it, which is also the time it has to post one.
    function disputeExcess(IBatchSettlement.ChannelConfig calldata config) external {
        require(msg.sender == config.payer || msg.sender == config.payerAuthorizer, NotPayer());
        require(config.receiver == address(this) && config.token == address(token), NotOurChannel());
        bytes32 id = settlement.getChannelId(config);
        require(excessDisputes[id].until == 0, AlreadyDisputed(id));
        (, uint128 claimed) = settlement.channels(id);
        require(claimed > excessReturned[id], NothingToPay());
        uint40 until = uint40(block.timestamp) + hold;
        excessDisputes[id] = ExcessDispute(claimed, 0, until);
        emit ExcessDisputed(id, claimed, until);
    }

    /// Shows what a batch says was captured on the channel in all; the highest showing counts. Anybody may.
    /// @param proof of keccak256(keccak256(abi.encode(batch, channelId, captured))) in the batch's channels root
    function showCaptured(bytes32 channelId, uint256 number, uint128 captured, bytes32[] calldata proof) external {
        ExcessDispute storage dispute = excessDisputes[channelId];
        require(dispute.until != 0, NotDisputed(channelId));
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(number, channelId, captured))));
        require(MerkleProof.verifyCalldata(proof, _batch(number).channelsRoot, leaf), NotInTree());
        dispute.captured = uint128(Math.max(captured, dispute.captured));
        emit CapturedShown(channelId, number, captured);
    }

    /// Pays the payer the difference that nobody could show as captured, and ends the dispute.
    function takeExcess(IBatchSettlement.ChannelConfig calldata config) external nonReentrant {
        bytes32 id = settlement.getChannelId(config);
        ExcessDispute memory dispute = excessDisputes[id];
        require(dispute.until != 0, NotDisputed(id));
        require(block.timestamp >= dispute.until, TooEarly(dispute.until));
        delete excessDisputes[id];
        settlement.settle(address(this), address(token));

        uint256 settled = uint256(dispute.captured) + excessReturned[id];
        uint128 amount = uint128(Math.min(Math.saturatingSub(dispute.claimed, settled), unallocated()));
        excessReturned[id] += amount;
        liabilities += amount;
        emit ExcessReturned(id, config.payer, amount);
        _pay(config.payer, amount);
    }
}
