/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A circular doubly linked list whose links live in the elements. The head is
 * a link as well; an element that is in no list may be left uninitialised.
 */

#ifndef U_LIST_H
#define U_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct u_list {
   struct u_list *prev;
   struct u_list *next;
};

static inline void
u_list_init(struct u_list *head)
{
   head->prev = head;
   head->next = head;
}

static inline bool
u_list_is_empty(const struct u_list *head)
{
   return head->next == head;
}

static inline void
u_list_add_tail(struct u_list *head, struct u_list *link)
{
   link->prev = head->prev;
   link->next = head;
   head->prev->next = link;
   head->prev = link;
}

static inline void
u_list_add(struct u_list *head, struct u_list *link)
{
   u_list_add_tail(head->next, link);
}

/* Leaves the element linked to itself, so removing it again is harmless. */
static inline void
u_list_del(struct u_list *link)
{
   link->prev->next = link->next;
   link->next->prev = link->prev;
   u_list_init(link);
}

/* Moves all elements of from to the tail of to. */
static inline void
u_list_splice_tail(struct u_list *to, struct u_list *from)
{
   if (u_list_is_empty(from))
      return;
   from->next->prev = to->prev;
   to->prev->next = from->next;
   from->prev->next = to;
   to->prev = from->prev;
   u_list_init(from);
}

#define u_list_entry(link, type, member)                                     \
   ((type *)((char *)(link)-offsetof(type, member)))

#define u_list_first(head, type, member)                                     \
   u_list_entry((head)->next, type, member)

/* The _safe form allows removing the current element. */
#define u_list_for_each(type, pos, head, member)                             \
   for (type *pos = u_list_entry((head)->next, type, member);                \
        &pos->member != (head);                                              \
        pos = u_list_entry(pos->member.next, type, member))

#define u_list_for_each_safe(type, pos, head, member)                        \
   for (type *pos = u_list_entry((head)->next, type, member),                \
             *pos##_next = u_list_entry(pos->member.next, type, member);     \
        &pos->member != (head); pos = pos##_next,                            \
             pos##_next = u_list_entry(pos->member.next, type, member))

#endif /* U_LIST_H */
