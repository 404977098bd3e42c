// SPDX-License-Identifier: Apache-2.0
// PROTOCOL 7.4: what was claimed beyond what was captured goes back to the payer after the hold.
pragma solidity ^0.8.28;

import {IBatchSettlement} from "../src/interfaces/IBatchSettlement.sol";
import {VaultBase} from "../src/vault/VaultBase.sol";
import {VaultBatches} from "../src/vault/VaultBatches.sol";
import {VaultExcess} from "../src/vault/VaultExcess.sol";
import {Channels} from "./support/Channels.sol";
import {Trees} from "./support/Trees.sol";

contract VaultExcessTest is Channels {
    IBatchSettlement.ChannelConfig private config;
    bytes32 private id;

    function setUp() public {
        deployWorld();
        anchorLog(40);
        config = channelConfig(address(vault));
        id = settlement.getChannelId(config);
        depositInto(config, 1000, 1);
        _claim(300);
    }

    function testThePayerTakesWhatNobodyCouldShowAsCaptured() public {
        vm.expectEmit();
        emit VaultExcess.ExcessDisputed(id, 300, uint40(block.timestamp) + HOLD);
        vm.prank(payer);
        vault.disputeExcess(config);
        (VaultBatches.BatchPost memory post, bytes32[] memory path) = _post(220);
        postBatch(post);
        vm.expectEmit();
        emit VaultExcess.CapturedShown(id, 1, 220);
        vault.showCaptured(id, 1, 220, path);
        vm.warp(block.timestamp + HOLD - 1);
        vm.expectPartialRevert(VaultBase.TooEarly.selector);
        vault.takeExcess(config);
        vm.warp(block.timestamp + 1);
        vm.prank(stranger);
        vm.expectEmit();
        emit VaultExcess.ExcessReturned(id, payer, 80);
        vault.takeExcess(config);
        eq(token.balanceOf(payer), 80);
        eq(token.balanceOf(address(vault)), 220);
        eq(vault.excessReturned(id), 80);
        eq(vault.liabilities(), 0);
        vm.expectPartialRevert(VaultExcess.NotDisputed.selector);
        vault.takeExcess(config);
    }

    function testWithoutAnyBatchAllOfItGoesBack() public {
        vm.prank(session);
        vault.disputeExcess(config);
        _claim(350);
        vm.warp(block.timestamp + HOLD);
        vault.takeExcess(config);
        eq(token.balanceOf(payer), 300);
    }

    function testWhatWasReturnedIsNotReturnedAgain() public {
        vm.prank(payer);
        vault.disputeExcess(config);
        vm.warp(block.timestamp + HOLD);
        vault.takeExcess(config);
        vm.prank(payer);
        vm.expectPartialRevert(VaultBase.NothingToPay.selector);
        vault.disputeExcess(config);
        _claim(310);
        vm.prank(payer);
        vault.disputeExcess(config);
        vm.warp(block.timestamp + HOLD);
        vault.takeExcess(config);
        eq(token.balanceOf(payer), 310);
    }

    function testTheHighestShowingCounts() public {
        vm.prank(payer);
        vault.disputeExcess(config);
        (VaultBatches.BatchPost memory post, bytes32[] memory path) = _post(300);
        postBatch(post);
        (VaultBatches.BatchPost memory lower, bytes32[] memory lowerPath) = _post(100);
        postBatch(lower);
        vault.showCaptured(id, 1, 300, path);
        vault.showCaptured(id, 2, 100, lowerPath);
        vm.warp(block.timestamp + HOLD);
        vault.takeExcess(config);
        eq(token.balanceOf(payer), 0);
        eq(vault.excessReturned(id), 0);
    }

    function testShowsOnlyWhatABatchSays() public {
        (VaultBatches.BatchPost memory post, bytes32[] memory path) = _post(300);
        postBatch(post);
        vm.expectPartialRevert(VaultExcess.NotDisputed.selector);
        vault.showCaptured(id, 1, 300, path);
        vm.prank(payer);
        vault.disputeExcess(config);
        vm.expectPartialRevert(VaultBase.NotInTree.selector);
        vault.showCaptured(id, 1, 299, path);
        vm.expectPartialRevert(VaultBase.NoSuchBatch.selector);
        vault.showCaptured(id, 2, 300, path);
    }

    function testOnlyThePayersSideDisputesAndOnlyOurChannels() public {
        vm.expectPartialRevert(VaultExcess.NotPayer.selector);
        vault.disputeExcess(config);
        IBatchSettlement.ChannelConfig memory other = channelConfig(stranger);
        vm.prank(payer);
        vm.expectPartialRevert(VaultExcess.NotOurChannel.selector);
        vault.disputeExcess(other);
        other = channelConfig(address(vault));
        other.token = stranger;
        vm.prank(payer);
        vm.expectPartialRevert(VaultExcess.NotOurChannel.selector);
        vault.disputeExcess(other);
        other = channelConfig(address(vault));
        other.salt = keccak256("unused");
        vm.prank(payer);
        vm.expectPartialRevert(VaultBase.NothingToPay.selector);
        vault.disputeExcess(other);
        vm.prank(payer);
        vault.disputeExcess(config);
        vm.prank(payer);
        vm.expectPartialRevert(VaultExcess.AlreadyDisputed.selector);
        vault.disputeExcess(config);
    }

    function testPaysNoMoreThanIsOwedToNobody() public {
        settlement.settle(address(vault), address(token));
        (VaultBatches.BatchPost memory post,) = _post(250);
        post.credits = new VaultBatches.Credit[](1);
        post.credits[0] = VaultBatches.Credit(node, 250);
        postBatch(post);
        vm.prank(payer);
        vault.disputeExcess(config);
        vm.warp(block.timestamp + HOLD);
        vault.takeExcess(config);
        eq(token.balanceOf(payer), 50);
        eq(vault.liabilities(), 250);
        eq(vault.excessReturned(id), 50);
    }

    function _claim(uint128 total) private {
        IBatchSettlement.VoucherClaim[] memory rows = voucherBy(SESSION_KEY, config, total, total);
        vm.prank(gateway);
        settlement.claim(rows);
    }

    /// A batch that says what was captured on the channel, and on another.
    function _post(uint128 captured) private view returns (VaultBatches.BatchPost memory post, bytes32[] memory path) {
        uint256 number = vault.batchCount() + 1;
        bytes32[] memory leaves = new bytes32[](2);
        leaves[0] = keccak256(bytes.concat(keccak256(abi.encode(number, id, captured))));
        leaves[1] = keccak256(bytes.concat(keccak256(abi.encode(number, keccak256("another"), uint128(5)))));
        path = Trees.path(leaves, 0);
        post.number = uint64(number);
        post.from = vault.coveredTo();
        post.to = 40;
        post.channelsRoot = Trees.root(leaves);
    }
}
