// SPDX-License-Identifier: Apache-2.0
/* The protocol around the step, exhaustively: two workers that fire and send, a person who answers, a clock that ends leases,
   a database that may fail over. spin.py runs it as it is (all four properties must hold) and with each fault of the list
   below (its properties must fail). The rules of the ladder itself are not here: the simulator has them. */

#ifndef L
#define L 2 /* levels; one notice each */
#endif
#define CRASHES 2
#define ZOMBIES 1 /* leases that end although their owner lives */

#define NONE 0
#define QUEUED 1
#define SENT 2
#define SUPPRESSED 3

byte level, generation;    /* the row */
bool acked;
bool told;                 /* the person was told that the acknowledgement is kept */
byte fired[L];             /* effects written for the level */
byte box[L];               /* outbox */
byte lease[L];             /* pid + 1 */
bool orphan[L];            /* its owner crashed */
byte delivered[L];         /* what the person saw */
bool fired_after_told;
byte crashes, zombies;
bool failing = true;       /* one failover is still to come */

inline write_turn(at)
{
	fired[at]++;
	if
	:: box[at] == NONE -> box[at] = QUEUED
	:: else
	fi;
	if
	:: told -> fired_after_told = true
	:: else
	fi;
	level = at + 1;
	generation++
}

/* Asks in the same statement whether it is still wanted. */
inline take(at)
{
	i = at;
	if
	:: acked -> box[at] = SUPPRESSED; i = L
	:: else ->
		lease[at] = _pid + 1;
#ifdef BUG_MARK_FIRST
		box[at] = SENT
#endif
	fi
}

inline crash()
{
	crashes++;
	orphan[i] = orphan[i] || lease[i] == _pid + 1;
	i = L
}

active [2] proctype worker()
{
	byte i = L, l, g;
end:
	do
	/* A turn: read, think, write guarded by what was read. */
	:: atomic { i == L && level < L && !acked -> l = level; g = generation };
		atomic {
			if
#ifdef BUG_READ_WRITE
			:: true -> write_turn(l)
#else
#ifdef BUG_NO_FENCE
			:: g == generation && !acked -> write_turn(l) /* looks at the answer again instead */
#else
			:: g == generation -> write_turn(l)
#endif
			:: else
#endif
			fi;
			l = 0;
			g = 0
		}
	:: atomic { i == L && box[0] == QUEUED && lease[0] == 0 -> take(0) }
	:: atomic { i == L && box[1] == QUEUED && lease[1] == 0 -> take(1) }
#if L > 2
	:: atomic { i == L && box[2] == QUEUED && lease[2] == 0 -> take(2) }
#endif
	:: i < L ->
		if
		:: atomic { crashes < CRASHES -> crash() }
		:: atomic {
			true ->
#ifdef BUG_NEW_KEY
			delivered[i]++
#else
			delivered[i] = 1 /* the provider honours the key */
#endif
			};
			if
			:: atomic { crashes < CRASHES -> crash() }
			:: atomic {
				true ->
				if
				:: lease[i] == _pid + 1 -> lease[i] = 0; box[i] = SENT
				:: else
				fi;
				i = L
				}
			fi
		fi
	od
}

inline end_lease(at)
{
	lease[at] = 0;
	orphan[at] = false
}

#ifndef BUG_LEASE_FOR_EVER
active proctype clock()
{
end:
	do
	:: atomic { orphan[0] -> end_lease(0) }
	:: atomic { orphan[1] -> end_lease(1) }
#if L > 2
	:: atomic { orphan[2] -> end_lease(2) }
#endif
	:: atomic { zombies < ZOMBIES && lease[0] && !orphan[0] -> zombies++; end_lease(0) }
	:: atomic { zombies < ZOMBIES && lease[1] && !orphan[1] -> zombies++; end_lease(1) }
	od
}
#endif

inline acknowledge()
{
	acked = true;
#if !defined(BUG_NO_FENCE) && !defined(BUG_NO_BUMP)
	generation++
#endif
}

active proctype person()
{
	if
	:: skip /* never answers */
	:: skip ->
again:
#ifdef BUG_ASYNCHRONOUS
		atomic { acknowledge(); told = true }; /* told before the replica has it */
		if
		:: atomic { failing -> failing = false; acked = false }
		:: skip
		fi
#else
		if
		:: atomic { failing -> failing = false; goto again } /* lost with the primary, and nobody was told */
		:: atomic { true -> acknowledge(); told = true }
		fi
#endif
	fi
}

#if L > 2
#define EACH_ONCE(what) (what[0] <= 1 && what[1] <= 1 && what[2] <= 1)
#else
#define EACH_ONCE(what) (what[0] <= 1 && what[1] <= 1)
#endif

ltl exactly_once { [] EACH_ONCE(fired) }
ltl no_fire_after_ack { [] !fired_after_told }
ltl dedup { [] EACH_ONCE(delivered) }
ltl never_lost { [] ((box[0] == QUEUED) -> <> (delivered[0] > 0 || box[0] == SUPPRESSED)) }
