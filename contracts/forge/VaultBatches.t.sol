// SPDX-License-Identifier: Apache-2.0
// Batches: contiguous, anchored, backed, withdrawn after the hold and only to whom they credit.
pragma solidity ^0.8.28;

import {VaultBase} from "../src/vault/VaultBase.sol";
import {VaultBatches} from "../src/vault/VaultBatches.sol";
import {Charge} from "../src/lib/Charge.sol";
import {IBatchSettlement} from "../src/interfaces/IBatchSettlement.sol";
import {ICheckpointAnchor} from "../src/interfaces/ICheckpointAnchor.sol";
import {IStake} from "../src/interfaces/IStake.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Trees} from "./support/Trees.sol";
import {World} from "./support/World.sol";

contract VaultBatchesTest is World {
    function setUp() public {
        deployWorld();
        anchorLog(40);
        token.mint(address(vault), 1000);
    }

    function testCreditsNodesAndTreasury() public {
        Charge[] memory charges = new Charge[](3);
        charges[0] = chargeOf(3, payer, node, 100, 5);
        charges[1] = chargeOf(4, payer2, node2, 50, 2);
        charges[2] = chargeOf(9, payer, node, 10, 0);
        VaultBatches.BatchPost memory post = batchOf(charges);
        post.channelsRoot = keccak256("channels");
        for (uint256 i = 0; i < post.credits.length; ++i) {
            vm.expectEmit();
            emit VaultBatches.Credited(1, post.credits[i].account, post.credits[i].amount);
        }
        vm.expectEmit();
        emit VaultBatches.BatchPosted(1, post.root, post.channelsRoot, 160, 3, 0, 40);
        postBatch(post);
        eq(vault.credits(1, node), 105);
        eq(vault.credits(1, node2), 48);
        eq(vault.credits(1, treasury), 7);
        eq(vault.liabilities(), 160);
        eq(vault.unallocated(), 840);
        eq(vault.batchCount(), 1);
        eq(vault.coveredTo(), 40);
        (bytes32 root, bytes32 channels, uint128 total, uint40 postedAt, uint40 frozenUntil, uint32 count) =
            vault.batches(1);
        eq(root, Trees.root(leavesOf(charges)));
        eq(channels, post.channelsRoot);
        eq(total, 160);
        eq(postedAt, block.timestamp);
        eq(frozenUntil, 0);
        eq(count, 3);
    }

    function testOnlyTheSettlerPosts() public {
        VaultBatches.BatchPost memory post = batchOf(one(chargeOf(3, payer, node, 100, 5)));
        vm.expectPartialRevert(VaultBase.OnlySettler.selector);
        vault.postBatch(post);
    }

    function testNumbersAndRangesFollowEachOther() public {
        VaultBatches.BatchPost memory post = batchOf(one(chargeOf(3, payer, node, 100, 5)));
        post.number = 2;
        _refuses(post, VaultBatches.WrongNumber.selector);
        post.number = 0;
        _refuses(post, VaultBatches.WrongNumber.selector);
        post.number = 1;
        post.from = 1;
        _refuses(post, VaultBatches.WrongRange.selector);
        post.from = 0;
        postBatch(post);
        VaultBatches.BatchPost memory next = batchOf(new Charge[](0));
        next.from = 39;
        _refuses(next, VaultBatches.WrongRange.selector);
        next.from = 40;
        next.to = 39;
        _refuses(next, VaultBatches.WrongRange.selector);
        next.to = 40;
        postBatch(next);
        eq(vault.batchCount(), 2);
    }

    function testCoversNothingThatIsNotAnchored() public {
        VaultBatches.BatchPost memory post = batchOf(one(chargeOf(3, payer, node, 100, 5)));
        post.to = 41;
        _refuses(post, VaultBatches.NotAnchored.selector);
        anchorLog(41);
        postBatch(post);
    }

    function testCreditsNoMoreThanIsHereAndOwedToNobody() public {
        VaultBatches.BatchPost memory post = batchOf(one(chargeOf(3, payer, node, 1001, 5)));
        _refuses(post, VaultBase.NotBacked.selector);
        postBatch(batchOf(one(chargeOf(3, payer, node, 1000, 5))));
        _refuses(batchOf(one(chargeOf(4, payer, node, 1, 0))), VaultBase.NotBacked.selector);
        eq(vault.unallocated(), 0);
    }

    function testCreditsAscendAndAreNotEmpty() public {
        Charge[] memory charges = new Charge[](2);
        charges[0] = chargeOf(3, payer, node, 100, 5);
        charges[1] = chargeOf(4, payer2, node2, 50, 0);
        VaultBatches.BatchPost memory post = batchOf(charges);
        (post.credits[0], post.credits[1]) = (post.credits[1], post.credits[0]);
        _refuses(post, VaultBatches.NotAscending.selector);
        post = batchOf(charges);
        post.credits[1].account = post.credits[0].account;
        _refuses(post, VaultBatches.NotAscending.selector);
        post = batchOf(charges);
        post.credits[1].amount = 0;
        _refuses(post, VaultBatches.EmptyCredit.selector);
        post = batchOf(charges);
        post.credits[0].account = address(0);
        _refuses(post, VaultBatches.NotAscending.selector);
    }

    function testWithdrawsAfterTheHoldToTheAccount() public {
        postBatch(batchOf(one(chargeOf(3, payer, node, 100, 5))));
        uint256 ripe = block.timestamp + HOLD;
        vm.warp(ripe - 1);
        yes(vault.isHeld(1));
        vm.expectRevert(abi.encodeWithSelector(VaultBase.TooEarly.selector, ripe));
        vault.withdraw(node, uints(1));
        vm.warp(ripe);
        yes(!vault.isHeld(1));
        vm.expectEmit();
        emit VaultBatches.Withdrawn(node, 95);
        vm.prank(stranger);
        vault.withdraw(node, uints(1));
        eq(token.balanceOf(node), 95);
        eq(token.balanceOf(stranger), 0);
        eq(vault.credits(1, node), 0);
        eq(vault.liabilities(), 5);
        vm.expectPartialRevert(VaultBase.NothingToPay.selector);
        vault.withdraw(node, uints(1));
        vault.withdraw(treasury, uints(1));
        eq(token.balanceOf(treasury), 5);
    }

    function testWithdrawsFromSeveralBatchesAtOnceAndEachOnce() public {
        postBatch(batchOf(one(chargeOf(3, payer, node, 100, 5))));
        postBatch(batchOf(one(chargeOf(4, payer, node, 30, 0))));
        vm.warp(block.timestamp + HOLD);
        uint256[] memory numbers = new uint256[](3);
        (numbers[0], numbers[1], numbers[2]) = (1, 2, 1);
        vault.withdraw(node, numbers);
        eq(token.balanceOf(node), 125);
        eq(vault.liabilities(), 5);
    }

    function testKnowsNoBatchThatWasNotPosted() public {
        vm.expectPartialRevert(VaultBase.NoSuchBatch.selector);
        vault.withdraw(node, uints(1));
    }

    function testAnEmptyBatchMovesTheRange() public {
        postBatch(batchOf(new Charge[](0)));
        eq(vault.coveredTo(), 40);
        eq(vault.liabilities(), 0);
    }

    function testSetupIsCheckedWhole() public {
        VaultBase.Setup memory good = setup(address(1), address(2), BOND);
        deploy("SettlementVault", abi.encode(good));
        VaultBase.Setup[11] memory bad;
        for (uint256 i = 0; i < bad.length; ++i) bad[i] = setup(address(1), address(2), BOND);
        bad[0].token = IERC20(address(0));
        bad[1].settlement = IBatchSettlement(address(0));
        bad[2].anchor = ICheckpointAnchor(address(0));
        bad[3].registry = IStake(address(0));
        bad[4].settler = address(0);
        bad[5].vetoer = address(0);
        bad[6].treasury = address(0);
        bad[7].response = 0;
        bad[8].veto = 0;
        bad[9].response = bad[9].hold;
        bad[10].veto = bad[10].hold;
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectPartialRevert(VaultBase.BadSetup.selector);
            this.deployVault(bad[i]);
        }
    }

    function testEveryPartyIsWhatWasSetUp() public view {
        eq(address(vault.token()), address(token));
        eq(address(vault.settlement()), address(settlement));
        eq(address(vault.anchor()), address(anchor));
        eq(address(vault.registry()), address(registry));
        eq(vault.settler(), settler);
        eq(vault.vetoer(), vetoer);
        eq(vault.treasury(), treasury);
        eq(vault.origin(), ORIGIN);
        eq(vault.hold(), HOLD);
        eq(vault.response(), RESPONSE);
        eq(vault.veto(), VETO);
        eq(vault.bond(), BOND);
    }

    function deployVault(VaultBase.Setup memory s) external {
        deploy("SettlementVault", abi.encode(s));
    }

    function _refuses(VaultBatches.BatchPost memory post, bytes4 reason) private {
        vm.prank(settler);
        vm.expectPartialRevert(reason);
        vault.postBatch(post);
    }
}
