// SPDX-License-Identifier: Apache-2.0
// Batches: a root of charges with the net credits they make, withdrawn after the hold.
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {VaultExact} from "./VaultExact.sol";

abstract contract VaultBatches is VaultExact {
    struct Credit {
        address account;
        uint128 amount;
    }

    /// What the settler posts: a pure function of the log range [from, to), which anybody can compute again.
    struct BatchPost {
        uint64 number;
        uint64 from;
        uint64 to;
        uint32 count;
        /// Merkle root of the charges' leaves; 0 for none.
        bytes32 root;
        /// Merkle root of (batch, payment channel, cumulative captured amount); 0 for none.
        bytes32 channelsRoot;
        /// Net credits, ascending by account; their sum is the sum of the charges.
        Credit[] credits;
        /// Held `exact` payments that these charges capture.
        Capture[] captures;
    }

    event BatchPosted(
        uint256 indexed number, bytes32 root, bytes32 channelsRoot, uint128 total, uint32 count, uint64 from, uint64 to
    );
    event Credited(uint256 indexed number, address indexed account, uint128 amount);
    event Withdrawn(address indexed account, uint128 amount);

    error WrongNumber(uint256 expected);
    error WrongRange(uint64 coveredTo);
    error NotAnchored(uint64 anchored);
    error NotAscending(address account);
    error EmptyCredit(address account);

    /// Posts the next batch. It must continue where the last one ended, cover nothing that k witnesses have not anchored,
    /// and credit no more than the money that is here and owed to nobody.
    function postBatch(BatchPost calldata post) external onlySettler nonReentrant {
        require(post.number == batchCount + 1, WrongNumber(batchCount + 1));
        require(post.from == coveredTo && post.to >= post.from, WrongRange(coveredTo));
        uint64 anchored = anchor.latestSize(origin);
        require(post.to <= anchored, NotAnchored(anchored));

        uint128 total = 0;
        address previous = address(0);
        for (uint256 i = 0; i < post.credits.length; ++i) {
            Credit calldata credit = post.credits[i];
            require(credit.account > previous, NotAscending(credit.account));
            require(credit.amount > 0, EmptyCredit(credit.account));
            previous = credit.account;
            total += credit.amount;
            credits[post.number][credit.account] = credit.amount;
            emit Credited(post.number, credit.account, credit.amount);
        }
        uint128 captured = _capture(post.captures);
        liabilities = liabilities + total - captured;
        batchCount = post.number;
        coveredTo = post.to;
        batches[post.number] =
            Batch(post.root, post.channelsRoot, total, uint40(block.timestamp), 0, post.count);
        _requireBacked();
        emit BatchPosted(post.number, post.root, post.channelsRoot, total, post.count, post.from, post.to);
    }

    /// Pays an account what these batches credit to it, once their hold is over. Anybody may call and bear the cost.
    function withdraw(address account, uint256[] calldata numbers) external nonReentrant {
        uint128 amount = 0;
        for (uint256 i = 0; i < numbers.length; ++i) {
            Batch storage batch = _batch(numbers[i]);
            uint256 ripe = Math.max(uint256(batch.postedAt) + hold, batch.frozenUntil);
            require(block.timestamp >= ripe, TooEarly(ripe));
            amount += credits[numbers[i]][account];
            delete credits[numbers[i]][account];
        }
        require(amount > 0, NothingToPay());
        emit Withdrawn(account, amount);
        _pay(account, amount);
    }
}
