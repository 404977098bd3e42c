// SPDX-License-Identifier: Apache-2.0
// PROTOCOL 7.3: a challenged leaf is void unless opened in time; so is a net credit that its leaves do not make.
pragma solidity ^0.8.28;

import {VaultBase} from "../src/vault/VaultBase.sol";
import {VaultBatches} from "../src/vault/VaultBatches.sol";
import {VaultChallenges} from "../src/vault/VaultChallenges.sol";
import {Charge, ProvenCharge} from "../src/lib/Charge.sol";
import {Trees} from "./support/Trees.sol";
import {World} from "./support/World.sol";

contract VaultChallengesTest is World {
    Charge[] private charges;

    function setUp() public {
        deployWorld();
        anchorLog(37);
        token.mint(address(vault), 10_000);
        token.mint(stranger, 100);
        vm.prank(stranger);
        token.approve(address(vault), type(uint256).max);
        charges.push(chargeOf(3, payer, node, 100, 5));
        charges.push(chargeOf(4, payer2, node2, 50, 2));
        charges.push(chargeOf(20, payer, node, 30, 1));
        charges.push(chargeOf(36, payer, node, 20, 0));
        // Not in the log: its entry is another's.
        charges[2].entryLeaf = logLeaves[21];
        postBatch(batchOf(charges));
    }

    function testAnOpenedChargeStands() public {
        bytes32 leaf = leafOf(charges[0]);
        vm.prank(stranger);
        vm.expectEmit();
        emit VaultChallenges.Challenged(leaf, stranger, uint40(block.timestamp) + RESPONSE);
        vault.challengeCharge(proven(charges, 0));
        eq(token.balanceOf(stranger), 100 - BOND);
        eq(vault.liabilities(), 200 + BOND);
        vm.warp(block.timestamp + RESPONSE);
        ProvenCharge memory mine = proven(charges, 0);
        bytes32[] memory inclusion = Trees.logPath(logLeaves, 3, 0, 37);
        vm.prank(gateway);
        vm.expectEmit();
        emit VaultChallenges.Opened(leaf, gateway);
        vault.openCharge(mine, 37, inclusion);
        eq(token.balanceOf(gateway), BOND);
        eq(vault.liabilities(), 200);
        yes(vault.opened(leaf));
        vm.prank(stranger);
        vm.expectPartialRevert(VaultChallenges.AlreadyChallenged.selector);
        vault.challengeCharge(mine);
        vm.expectPartialRevert(VaultChallenges.NotChallenged.selector);
        vault.voidCharge(mine);
    }

    function testAnAnswerComesInTimeOrNotAtAll() public {
        _challenge(0);
        vm.warp(block.timestamp + RESPONSE + 1);
        ProvenCharge memory mine = proven(charges, 0);
        bytes32[] memory inclusion = Trees.logPath(logLeaves, 3, 0, 37);
        vm.expectPartialRevert(VaultBase.TooLate.selector);
        vault.openCharge(mine, 37, inclusion);
    }

    function testOnlyTheEntryAtItsIndexOpens() public {
        _challenge(2);
        ProvenCharge memory mine = proven(charges, 2);
        bytes32[] memory path = Trees.logPath(logLeaves, 20, 0, 37);
        vm.expectPartialRevert(VaultChallenges.NotIncluded.selector);
        vault.openCharge(mine, 37, path);
        path = Trees.logPath(logLeaves, 21, 0, 37);
        vm.expectPartialRevert(VaultChallenges.NotIncluded.selector);
        vault.openCharge(mine, 37, path);
        vm.expectPartialRevert(VaultBatches.NotAnchored.selector);
        vault.openCharge(mine, 36, path);
        ProvenCharge memory other = proven(charges, 0);
        path = Trees.logPath(logLeaves, 3, 0, 37);
        vm.expectPartialRevert(VaultChallenges.NotChallenged.selector);
        vault.openCharge(other, 37, path);
    }

    /// The right border of the tree, where a path skips levels without a sibling.
    function testTheLastEntryOfTheLogOpens() public {
        _challenge(3);
        vault.openCharge(proven(charges, 3), 37, Trees.logPath(logLeaves, 36, 0, 37));
        yes(vault.opened(leafOf(charges[3])));
    }

    function testAPathThatGoesOnBeyondTheRootOpensNothing() public {
        _challenge(2);
        bytes32[] memory path = Trees.logPath(logLeaves, 20, 0, 37);
        bytes32[] memory longer = new bytes32[](path.length + 1);
        for (uint256 i = 0; i < path.length; ++i) longer[i] = path[i];
        vm.expectPartialRevert(VaultChallenges.NotIncluded.selector);
        vault.openCharge(proven(charges, 2), 37, longer);
    }

    /// In a tree of one leaf the root is the leaf; it stands at index 0 and nowhere else.
    function testNothingStandsBehindTheEndOfTheLog() public {
        deployWorld();
        token.mint(address(vault), 10_000);
        token.mint(stranger, 100);
        vm.prank(stranger);
        token.approve(address(vault), type(uint256).max);
        anchorLog(1);
        Charge memory beyond = chargeOf(1, payer, node, 10, 0);
        beyond.entryLeaf = logLeaves[0];
        postBatch(batchOf(one(beyond)));
        ProvenCharge memory mine = proven(one(beyond), 0);
        vm.prank(stranger);
        vault.challengeCharge(mine);
        vm.expectPartialRevert(VaultChallenges.NotIncluded.selector);
        vault.openCharge(mine, 1, new bytes32[](0));
    }

    function testAnUnansweredChargeIsVoidAndItsPayerHasTheMoney() public {
        _challenge(2);
        uint256 answerBy = block.timestamp + RESPONSE;
        vm.warp(answerBy);
        ProvenCharge memory mine = proven(charges, 2);
        vm.expectRevert(abi.encodeWithSelector(VaultBase.TooEarly.selector, answerBy));
        vault.voidCharge(mine);
        vm.warp(answerBy + 1);
        vm.expectEmit();
        emit VaultChallenges.ChargeVoided(leafOf(charges[2]), payer, 30);
        vault.voidCharge(mine);
        eq(token.balanceOf(payer), 30);
        eq(token.balanceOf(stranger), 100);
        eq(vault.credits(1, node), 95 + 20);
        eq(vault.credits(1, treasury), 7);
        eq(vault.liabilities(), 170);
        yes(vault.voided(leafOf(charges[2])));
        yes(vault.isRefunded(20) && !vault.isRefunded(3));
        vm.expectPartialRevert(VaultBase.AlreadyVoided.selector);
        vault.voidCharge(mine);
        vm.prank(stranger);
        vm.expectPartialRevert(VaultBase.AlreadyVoided.selector);
        vault.challengeCharge(mine);
    }

    function testAVoidTakesAllOfAChargeOrNothing() public {
        Charge memory bad = chargeOf(5, payer, node2, 40, 60);
        VaultBatches.BatchPost memory post = batchOf(new Charge[](0));
        post.root = leafOf(bad);
        post.credits = new VaultBatches.Credit[](1);
        post.credits[0] = VaultBatches.Credit(treasury, 10);
        postBatch(post);
        vm.prank(stranger);
        vault.challengeCharge(proven(one(bad), 0));
        vm.warp(block.timestamp + RESPONSE + 1);
        vault.voidCharge(proven(one(bad), 0));
        eq(token.balanceOf(payer), 0);
        eq(vault.credits(2, treasury), 10);
        yes(vault.voided(leafOf(bad)) && !vault.isRefunded(5));
    }

    /// A charge whose node is the treasury itself needs both its parts from one credit.
    function testAVoidOfTheTreasurysOwnCharge() public {
        Charge[] memory own = new Charge[](2);
        own[0] = chargeOf(5, payer, treasury, 40, 10);
        own[1] = chargeOf(6, payer, treasury, 70, 10);
        VaultBatches.BatchPost memory post = batchOf(own);
        post.credits[0].amount = 109;
        postBatch(post);
        for (uint256 i = 0; i < 2; ++i) {
            ProvenCharge memory mine = proven(own, i);
            vm.prank(stranger);
            vault.challengeCharge(mine);
        }
        vm.warp(block.timestamp + RESPONSE + 1);
        vault.voidCharge(proven(own, 0));
        eq(token.balanceOf(payer), 40);
        eq(vault.credits(2, treasury), 69);
        yes(vault.isRefunded(5));
        vault.voidCharge(proven(own, 1));
        eq(token.balanceOf(payer), 40);
        eq(vault.credits(2, treasury), 69);
        yes(!vault.isRefunded(6));
    }

    function testAVoidWantsTheNodesPartToo() public {
        Charge[] memory list = one(chargeOf(5, payer, node2, 40, 10));
        VaultBatches.BatchPost memory post = batchOf(list);
        for (uint256 i = 0; i < 2; ++i) if (post.credits[i].account == node2) post.credits[i].amount = 29;
        postBatch(post);
        vm.prank(stranger);
        vault.challengeCharge(proven(list, 0));
        vm.warp(block.timestamp + RESPONSE + 1);
        vault.voidCharge(proven(list, 0));
        eq(token.balanceOf(payer), 0);
        eq(vault.credits(2, node2), 29);
        eq(vault.credits(2, treasury), 10);
    }

    function testAChallengeLeavesTimeToAnswerWithinTheHold() public {
        (,,, uint40 postedAt,,) = vault.batches(1);
        uint256 end = uint256(postedAt) + HOLD - RESPONSE;
        vm.warp(end);
        ProvenCharge memory mine = proven(charges, 0);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(VaultBase.TooLate.selector, end));
        vault.challengeCharge(mine);
        vm.warp(end - 1);
        vm.prank(stranger);
        vault.challengeCharge(mine);
        // What was doubted cannot be withdrawn before the doubt is settled.
        uint256 frozen = end - 1 + 2 * uint256(RESPONSE);
        vm.warp(uint256(postedAt) + HOLD);
        vm.expectRevert(abi.encodeWithSelector(VaultBase.TooEarly.selector, frozen));
        vault.withdraw(node, uints(1));
        yes(vault.isHeld(1));
        vm.warp(frozen);
        yes(!vault.isHeld(1));
        vault.withdraw(node, uints(1));
    }

    function testOneChallengeAtATime() public {
        _challenge(0);
        ProvenCharge memory mine = proven(charges, 0);
        vm.prank(stranger);
        vm.expectPartialRevert(VaultChallenges.AlreadyChallenged.selector);
        vault.challengeCharge(mine);
    }

    function testAFreezeNeverShortensAnother() public {
        vm.warp(block.timestamp + HOLD - RESPONSE - 10);
        _challenge(0);
        (,,,, uint40 first,) = vault.batches(1);
        eq(first, block.timestamp + 2 * RESPONSE);
        _challenge(1);
        (,,,, uint40 second,) = vault.batches(1);
        eq(second, first);
    }

    function testOnlyChargesOfTheBatchCanBeChallenged() public {
        ProvenCharge memory mine = proven(charges, 0);
        mine.charge.amount += 1;
        vm.prank(stranger);
        vm.expectPartialRevert(VaultBase.NotInTree.selector);
        vault.challengeCharge(mine);
        mine.charge.amount -= 1;
        mine.charge.batch = 2;
        vm.prank(stranger);
        vm.expectPartialRevert(VaultBase.NoSuchBatch.selector);
        vault.challengeCharge(mine);
    }

    function testASecondChargeForOneReceiptIsVoid() public {
        Charge[] memory again = new Charge[](2);
        again[0] = chargeOf(3, payer, node2, 80, 4);
        again[1] = chargeOf(7, payer, node2, 10, 0);
        postBatch(batchOf(again));
        bytes32[] memory inclusion = Trees.logPath(logLeaves, 3, 0, 37);
        vault.voidDouble(proven(charges, 0), proven(again, 0), 37, inclusion);
        eq(token.balanceOf(payer), 80);
        eq(vault.credits(2, node2), 10);
        eq(vault.credits(2, treasury), 0);
        ProvenCharge memory first = proven(charges, 0);
        ProvenCharge memory second = proven(again, 0);
        vm.expectPartialRevert(VaultBase.AlreadyVoided.selector);
        vault.voidDouble(first, second, 37, inclusion);
        second = proven(again, 1);
        vm.expectPartialRevert(VaultChallenges.NotDouble.selector);
        vault.voidDouble(first, second, 37, inclusion);
        vm.expectPartialRevert(VaultChallenges.NotDouble.selector);
        vault.voidDouble(first, first, 37, inclusion);
    }

    function testTheFirstOfTwoChargesMustStandInTheLogAndBeEarlier() public {
        Charge[] memory again = one(chargeOf(20, payer, node2, 80, 4));
        postBatch(batchOf(again));
        ProvenCharge memory first = proven(charges, 2);
        ProvenCharge memory second = proven(again, 0);
        bytes32[] memory inclusion = Trees.logPath(logLeaves, 20, 0, 37);
        vm.expectPartialRevert(VaultChallenges.NotIncluded.selector);
        vault.voidDouble(first, second, 37, inclusion);
        vm.expectPartialRevert(VaultChallenges.NotDouble.selector);
        vault.voidDouble(second, first, 37, inclusion);
        vm.expectPartialRevert(VaultBatches.NotAnchored.selector);
        vault.voidDouble(first, second, 38, inclusion);
    }

    function testTwoChargesForOneReceiptInOneBatch() public {
        Charge[] memory twice = new Charge[](2);
        twice[0] = chargeOf(8, payer, node, 10, 0);
        twice[1] = chargeOf(8, payer, node2, 10, 0);
        postBatch(batchOf(twice));
        vault.voidDouble(proven(twice, 0), proven(twice, 1), 37, Trees.logPath(logLeaves, 8, 0, 37));
        eq(vault.credits(2, node2), 0);
        eq(vault.credits(2, node), 10);
    }

    function testACreditIsOpenedByItsChargesInSeveralCalls() public {
        _challengeCredit(1, node);
        ProvenCharge[] memory part = new ProvenCharge[](2);
        (part[0], part[1]) = (proven(charges, 0), proven(charges, 1));
        vault.openCredit(1, node, part);
        yes(!vault.opened(vault.creditSubject(1, node)));
        part[0] = proven(charges, 2);
        part[1] = proven(charges, 3);
        vault.openCredit(1, node, part);
        yes(vault.opened(vault.creditSubject(1, node)));
        eq(token.balanceOf(address(this)), BOND);
        vm.prank(stranger);
        vm.expectPartialRevert(VaultChallenges.AlreadyChallenged.selector);
        vault.challengeCredit(1, node);
    }

    /// A challenger who shows the last charge only cannot keep others from showing all.
    function testNobodySkipsChargesForAnother() public {
        _challengeCredit(1, node);
        ProvenCharge[] memory last = new ProvenCharge[](1);
        last[0] = proven(charges, 3);
        vm.prank(stranger);
        vault.openCredit(1, node, last);
        ProvenCharge[] memory all = new ProvenCharge[](3);
        (all[0], all[1], all[2]) = (proven(charges, 0), proven(charges, 2), proven(charges, 3));
        vm.prank(gateway);
        vault.openCredit(1, node, all);
        eq(token.balanceOf(gateway), BOND);
        (uint128 sum, uint64 next) = vault.progress(vault.creditSubject(1, node), stranger);
        eq(sum, 20);
        eq(next, 37);
    }

    function testTheTreasurysCreditIsTheFees() public {
        _challengeCredit(1, treasury);
        ProvenCharge[] memory part = new ProvenCharge[](3);
        (part[0], part[1], part[2]) = (proven(charges, 0), proven(charges, 1), proven(charges, 2));
        vault.openCredit(1, treasury, part);
        yes(vault.opened(vault.creditSubject(1, treasury)));
    }

    function testAChargeMayBeAllFee() public {
        Charge[] memory next = one(chargeOf(8, payer, node, 10, 10));
        postBatch(batchOf(next));
        _challengeCredit(2, treasury);
        ProvenCharge[] memory part = new ProvenCharge[](1);
        part[0] = proven(next, 0);
        vault.openCredit(2, treasury, part);
        yes(vault.opened(vault.creditSubject(2, treasury)));
    }

    function testNoChargeCountsTwiceNorForAnother() public {
        _challengeCredit(1, node);
        ProvenCharge[] memory part = new ProvenCharge[](2);
        part[0] = part[1] = proven(charges, 0);
        vm.expectPartialRevert(VaultChallenges.OutOfOrder.selector);
        vault.openCredit(1, node, part);
        part = new ProvenCharge[](1);
        part[0] = proven(charges, 0);
        vault.openCredit(1, node, part);
        vm.expectPartialRevert(VaultChallenges.OutOfOrder.selector);
        vault.openCredit(1, node, part);
        part[0] = proven(charges, 1);
        vault.openCredit(1, node, part);
        part[0] = proven(charges, 3);
        vault.openCredit(1, node, part);
        yes(!vault.opened(vault.creditSubject(1, node)));
        vm.expectPartialRevert(VaultChallenges.NotChallenged.selector);
        vault.openCredit(1, node2, part);
    }

    function testOnlyChargesOfThatBatchOpenIt() public {
        Charge[] memory next = new Charge[](2);
        next[0] = chargeOf(8, payer, node, 149, 0);
        next[1] = chargeOf(9, payer, node, 5, 6);
        postBatch(_withRootOnly(next));
        _challengeCredit(1, node);
        ProvenCharge[] memory part = new ProvenCharge[](1);
        part[0] = proven(next, 0);
        vm.expectPartialRevert(VaultChallenges.WrongBatch.selector);
        vault.openCredit(1, node, part);
        _challengeCredit(2, node);
        part[0] = proven(next, 1);
        vm.expectPartialRevert(VaultChallenges.FeeAboveAmount.selector);
        vault.openCredit(2, node, part);
        part[0] = proven(next, 0);
        part[0].charge.amount = 1000;
        vm.expectPartialRevert(VaultBase.NotInTree.selector);
        vault.openCredit(2, node, part);
    }

    function testACreditThatNobodyOpensIsVoid() public {
        VaultBatches.BatchPost memory post = batchOf(one(chargeOf(5, payer, node, 10, 0)));
        post.credits = new VaultBatches.Credit[](2);
        (post.credits[0], post.credits[1]) = (VaultBatches.Credit(node, 10), VaultBatches.Credit(settler, 4_000));
        if (node > settler) (post.credits[0], post.credits[1]) = (post.credits[1], post.credits[0]);
        postBatch(post);
        _challengeCredit(2, settler);
        uint256 answerBy = block.timestamp + RESPONSE;
        vm.warp(answerBy);
        vm.expectRevert(abi.encodeWithSelector(VaultBase.TooEarly.selector, answerBy));
        vault.voidCredit(2, settler);
        vm.warp(answerBy + 1);
        uint256 free = vault.unallocated();
        vm.expectEmit();
        emit VaultChallenges.CreditVoided(2, settler, 4_000);
        vault.voidCredit(2, settler);
        eq(vault.credits(2, settler), 0);
        eq(vault.unallocated(), free + 4_000);
        eq(token.balanceOf(stranger), 100);
        vm.expectPartialRevert(VaultChallenges.NotChallenged.selector);
        vault.voidCredit(2, settler);
    }

    function testALateOpeningOpensNothing() public {
        _challengeCredit(1, node2);
        vm.warp(block.timestamp + RESPONSE + 1);
        ProvenCharge[] memory part = new ProvenCharge[](1);
        part[0] = proven(charges, 1);
        vm.expectPartialRevert(VaultBase.TooLate.selector);
        vault.openCredit(1, node2, part);
    }

    function testNoCreditNoChallenge() public {
        vm.prank(stranger);
        vm.expectPartialRevert(VaultBase.NothingToPay.selector);
        vault.challengeCredit(1, stranger);
    }

    function testTheBondIsPaidFirst() public {
        ProvenCharge memory mine = proven(charges, 0);
        vm.expectRevert();
        vault.challengeCharge(mine);
    }

    function _challenge(uint256 index) private {
        ProvenCharge memory mine = proven(charges, index);
        vm.prank(stranger);
        vault.challengeCharge(mine);
    }

    function _challengeCredit(uint256 number, address account) private {
        vm.prank(stranger);
        vault.challengeCredit(number, account);
    }

    function _withRootOnly(Charge[] memory list) private view returns (VaultBatches.BatchPost memory post) {
        post = batchOf(one(list[0]));
        post.root = Trees.root(leavesOf(list));
        post.count = uint32(list.length);
    }
}
