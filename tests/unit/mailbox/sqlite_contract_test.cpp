// The SQLite store keeps what every store promises.
#include "tests/unit/mailbox/access_contract.hpp"
#include "tests/unit/mailbox/exchange_contract.hpp"
#include "tests/unit/mailbox/inbox_contract.hpp"
#include "tests/unit/mailbox/outbox_contract.hpp"
#include "tests/unit/mailbox/past_contract.hpp"
#include "tests/unit/mailbox/records_contract.hpp"
#include "tests/unit/mailbox/room_contract.hpp"
#include "tests/unit/mailbox/series_contract.hpp"
#include "tests/unit/mailbox/shape_contract.hpp"
#include "tests/unit/mailbox/sqlite_home.hpp"
#include "tests/unit/mailbox/subject_contract.hpp"
#include "tests/unit/mailbox/transaction_contract.hpp"
#include "tests/unit/mailbox/workers_contract.hpp"

TYPE_TO_STRING(courant::test::SqliteHome);

namespace courant::test {

TEST_CASE_TEMPLATE_INVOKE(cursor_and_outbox_move_together, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_work_that_throws_is_undone_alone, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(no_half_step_is_committed, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(works_see_those_before_them, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_reader_cannot_write, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(no_use_outside_a_transaction, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_restart_keeps_everything, SqliteHome);

TEST_CASE_TEMPLATE_INVOKE(a_message_comes_out_as_it_went_in, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(an_empty_message_is_no_trouble, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(every_lane_has_numbers_of_its_own, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_growing_lane_is_seen_as_it_is, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_receipt_removes_only_what_it_covers, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_receipt_beyond_the_end_changes_nothing, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(what_waits_can_go_on_in_a_new_lane, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_lane_tells_how_much_waits, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(the_oldest_are_dropped, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(what_was_dropped_leaves_voids, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_lane_may_be_dropped_to_its_end, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(dropping_goes_in_batches, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_page_of_the_outbox_ends, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(rows_may_go_while_one_reads, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(the_last_messages_can_be_replaced, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(lanes_are_found, SqliteHome);

TEST_CASE_TEMPLATE_INVOKE(an_arrival_comes_out_as_it_came_in, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_message_beyond_a_hole_waits, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_repetition_changes_nothing, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(lanes_do_not_touch_each_other, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_number_without_a_message, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(any_order_comes_out_in_lane_order, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(what_waits_is_bounded, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(an_answer_names_the_lowest_holes, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(lanes_are_known_and_counted, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_page_of_the_inbox_ends, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(the_size_of_the_inbox, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(purging_waits_for_the_slowest_sink, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(purging_goes_in_batches, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_repetition_is_known_after_the_purge, SqliteHome);

TEST_CASE_TEMPLATE_INVOKE(a_peer_is_known_by_its_bare_jid, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(the_revision_tells_every_change, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(which_packs_a_peer_gets, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(one_subscription_to_a_series, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_dead_letter_keeps_everything, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_page_of_dead_letters_ends, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(dead_letters_are_purged, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(what_is_set_aside_is_known, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_cursor_is_bytes, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_job_is_remembered, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(counters_and_notes, SqliteHome);

TEST_CASE_TEMPLATE_INVOKE(a_store_says_how_much_room_it_takes, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(giving_back_takes_nothing_away, SqliteHome);

TEST_CASE_TEMPLATE_INVOKE(two_workers_fill_one_lane, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(two_workers_begin_one_lane, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(positions_come_in_the_order_of_commits, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(opposite_orders_get_through, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_lease_has_one_holder, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_lease_runs_out, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(old_leases_are_swept, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_lost_lease_undoes_the_work, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(leases_are_shared_out, SqliteHome);

TEST_CASE_TEMPLATE_INVOKE(access_is_kept, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(exchange_is_kept, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(series_are_kept, SqliteHome);

TEST_CASE_TEMPLATE_INVOKE(the_shape_of_a_subscription, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_memory_goes_with_its_permission, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(one_request_for_a_series, SqliteHome);

TEST_CASE_TEMPLATE_INVOKE(calls_are_recorded, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(sent_readings_are_kept, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(an_objection_stands, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(transfers_are_counted, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_waiting_message_is_rewritten, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(the_inbox_is_rewritten, SqliteHome);
TEST_CASE_TEMPLATE_INVOKE(a_dead_letter_is_rewritten, SqliteHome);

}  // namespace courant::test
