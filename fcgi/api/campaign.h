/* campaign.h: what a call learns on its way over keys; for call.c,
 * call_read.c and hedge.c */
#ifndef GB_API_CAMPAIGN_H
#define GB_API_CAMPAIGN_H

#include "api/call.h"
#include "keys/exit_turn.h"

#define ROWS_MAX 64 /* verdict rows; there are 34 */

/* What one request has learned so far. */
struct campaign {
	struct pool_tried tried;
	struct key_turn key;
	struct exit_turn exit; /* of the key */
	struct answer answer;
	struct verdict verdict;
	int rows[ROWS_MAX]; /* how often each row of verdicts came */
	int64_t retries;    /* those that MAX_RETRIES counts */
	int64_t waited_ms;  /* for a key to come back */
	bool asked;	    /* at least one attempt was made */
};

/* Forget what the last attempt was answered, and start one with the key and by
 * the exit in "c".  On failure "*out" is NULL. */
enum gb_err campaign_start(struct call *, struct campaign *c,
			   struct transfer **out) GB_NODISCARD;
void campaign_forget_answer(const struct call *, struct campaign *);

/* Judge the answer of an attempt that began then and failed, carry it out, and
 * keep it for the journal. */
void campaign_judge(struct call *, struct campaign *, int64_t began_ms);

/* Keep for the journal what became of one, with the class of its verdict. */
void campaign_note(struct call *, const struct campaign *, int64_t began_ms);

/* Whether its peers have ended, and so it is to end. */
bool call_is_stopped(const struct call *);

/* How long to wait before call_keep_alive() must be called; -1: without end. */
int64_t call_patience_ms(const struct call *);
enum attempt call_keep_alive(struct call *);

/*
 * hedge.c: when "*t", the transfer of "c", is silent for hedge_after, ask a
 * second key the same, and leave in "c" and "*t" whichever answers first; the
 * other is cancelled, which is no key's fault, and counts as a failed attempt
 * of class "hedged".  One that answers with an error has not won: it is judged,
 * and the other goes on.  Only what is of no key in particular and can be sent
 * twice.  To the limits of the client's token both are one request: what was
 * reserved for it covers both, and it settles with what the answer took that
 * was used.  It was not the client who asked twice, and what the cancelled call
 * took is told by nobody.  ATTEMPT_OK: "*t" is to be read.  ATTEMPT_GONE: the
 * client hung up, and "*t" is still to be freed.
 */
enum attempt hedge_run(struct call *, struct campaign *c, struct transfer **t);

/* Whether the call may race at all. */
bool hedge_may(const struct call *);

#endif
