//! The interface as its OpenAPI document describes it. Made by `npm run types`: not to be changed by hand.

export interface paths {
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What this is */
        get: operations["get_home"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/account": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in */
        get: operations["get_account"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change one's name
         * @description The address is changed by a link that is sent to the new one.
         */
        patch: operations["patch_account"];
        trace?: never;
    };
    "/api/v1/account/delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete one's account
         * @description With all that is personal of it. Orders stay with their organizations, which need them for their books.
         */
        post: operations["post_account_delete"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/account/links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have a link to an account sent
         * @description The way to a new account, and back to one whose password is lost: whoever follows the link within half an hour sets a password. To somebody who is signed in: the address becomes the account's when its link is followed. The answer is the same whether there is an account; at most three links are on their way to an address.
         */
        post: operations["post_account_links"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/account/links/follow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Follow a link
         * @description Each can be followed once. Sets the password and ends all sessions, or makes the account, or gives it its new address, or makes its user a member; which of them the link was sent for. Signs in where a password is set.
         */
        post: operations["post_account_links_follow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/account/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change one's password
         * @description All other sessions end.
         */
        put: operations["put_account_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/categories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Categories in use
         * @description All of them, of the events that the caller's lists have.
         */
        get: operations["get_categories"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The cluster and this node in it */
        get: operations["get_cluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/backup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Download a backup
         * @description A consistent copy of all data at this node's index, as one file with a checksum at its end. `usher cluster restore` makes a cluster of it.
         */
        post: operations["post_cluster_backup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/digest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The digest of the state
         * @description Without `index` at the applied one; else at each 1,024th of the last 256 such and the applied one. Waits 2 s for a coming index.
         */
        get: operations["get_cluster_digest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/init": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Found a cluster of this node
         * @description Once, with the cluster's secret in `X-Cluster-Secret`. Makes the first organization and its first API key. A founding that broke off may be repeated until there is a key.
         */
        post: operations["post_cluster_init"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/leader": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Hand leadership over */
        post: operations["post_cluster_leader"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/nodes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a node in as a learner
         * @description The node must be running and belong to no cluster.
         */
        post: operations["post_cluster_nodes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/nodes/{node}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take a node out */
        delete: operations["delete_cluster_nodes_node"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/nodes/{node}/promote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a node a vote
         * @description 409 `conflict` until it has caught up.
         */
        post: operations["post_cluster_nodes_node_promote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/operators": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List operators */
        get: operations["get_cluster_operators"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/operators/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Make a user an operator */
        put: operations["put_cluster_operators_user"];
        post?: never;
        /**
         * Make an operator an ordinary user
         * @description Acts at once.
         */
        delete: operations["delete_cluster_operators_user"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List events */
        get: operations["get_events"];
        put?: never;
        /** Make an event */
        post: operations["post_events"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{event}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an event */
        get: operations["get_events_event"];
        put?: never;
        post?: never;
        /** Remove an event without showtimes */
        delete: operations["delete_events_event"];
        options?: never;
        head?: never;
        /**
         * Change an event
         * @description A JSON merge patch: absent members stay, null clears optional ones. To publish an event that could not be sold is refused with 409 `conflict`, and `missing` says why (see `GET /api/v1/events/{event}/check`).
         */
        patch: operations["patch_events_event"];
        trace?: never;
    };
    "/api/v1/events/{event}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What an event lacks
         * @description For staff: what is missing before it is published, what blocks it first. All else is advice.
         */
        get: operations["get_events_event_check"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{event}/jsonld": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An event as schema.org describes it
         * @description One `Event` for each public showtime, the next one first.
         */
        get: operations["get_events_event_jsonld"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{event}/showtimes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List an event's showtimes */
        get: operations["get_events_event_showtimes"];
        put?: never;
        /** Make a showtime */
        post: operations["post_events_event_showtimes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{event}/showtimes/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make the showtimes of a run
         * @description From a rule and further times, up to 500 at once, all or none. Times are wall times in the showtimes' zone (the venue's if absent): 20:00 stays 20:00 when clocks change. A time that clocks jump over is taken as much later as they jump; of a time that there is twice, the first. Both are listed in `adjusted`. With `preview=true` nothing is made.
         */
        post: operations["post_events_event_showtimes_series"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/holds/{hold}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a hold */
        get: operations["get_holds_hold"];
        put?: never;
        post?: never;
        /**
         * Give a hold back
         * @description Giving back what is over already is no mistake.
         */
        delete: operations["delete_holds_hold"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/holds/{hold}/extend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Prolong a hold
         * @description By its showtime's TTL, counted from now.
         */
        post: operations["post_holds_hold_extend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the organization's pictures */
        get: operations["get_images"];
        put?: never;
        /**
         * Upload a picture
         * @description A JPEG, PNG or WebP of at most 16 MiB and 40 million pixels, at most four times as wide as high or as high as wide. It is turned upright, freed of what cameras write into it, laid on white where it is transparent, and kept as JPEG in up to four widths (320, 640, 1,280, 1,920). Answered when a majority of the nodes has it on disk. Name it in an event's `images`; one that no event shows is forgotten after a day.
         */
        post: operations["post_images"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images/{image}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a picture's description */
        get: operations["get_images_image"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List API keys */
        get: operations["get_keys"];
        put?: never;
        /** Make an API key */
        post: operations["post_keys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End an API key */
        delete: operations["delete_keys_key"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The live seat feed (WebSocket)
         * @description Upgrade to a WebSocket; subprotocol `usher.live.v1` (JSON, the default) or `usher.live.v1+binary`. Send `{"subscribe": {"showtime": "sht_…", "from_index": 17}}` (`from_index` is optional) and `{"unsubscribe": {"showtime": "sht_…"}}`. You get `{"subscribed": {showtime, channel, epoch, index}}`: every change after `index` will come; then frames `{channel, showtime, epoch, from, to, changes: [[seat, state], …], areas: [[area, free], …]}` with the last state of each place in a tick of 50 ms (longer under load), seats by their position in the geometry's `places`, areas by their position in `areas`; `from` is exclusive and equals the `to` of the showtime's previous frame; `{"heartbeat": index}` each 10 s after all frames up to it; `{"resync": {showtime}}` followed by a new `subscribed` when frames were left out: read the snapshot again; `{"error": {showtime?, code, detail}}`. Read `seats` with `X-Min-Log-Index: index` after `subscribed`; drop a frame with `to` ≤ your index, apply one with `from` ≤ your index, start over otherwise. A packed frame, little-endian: u8 version 1, u8 kind 1, u16 0, u32 channel, u64 epoch, u64 from, u64 to, u32 number of seats, u32 number of areas, then u32 seat·4 + state each, then u32 area and u32 free each. All else is JSON text in both. The socket closes with 1012 when the node stops: reconnect to another.
         */
        get: operations["get_live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mails": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Letters, the oldest first
         * @description Needs the scope `cluster`. Kept for 30 days, 100,000 at most.
         */
        get: operations["get_mails"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["get_openapi_json"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List orders
         * @description The caller's organization's, the oldest first. A page may have fewer items than asked for; the list ends where `next_cursor` is null. `state` is one of an order's states; `email` is a whole address, `buyer` a part of a name or an address, `note` a part of what staff noted, all in whatever case; `placed_from` and `placed_until` are times, the latter is not within.
         */
        get: operations["get_orders"];
        put?: never;
        /**
         * Make an order from holds
         * @description Takes all holds over or none; the tokens of all of them must be shown. A box-office sale (`sell` scope) is `paid` at once. Any other order is `pending`: its places are kept until `payments[0].pays_until`, and the buyer pays at `payments[0].page`. If that is not there yet, read the order again.
         */
        post: operations["post_orders"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Orders as a table
         * @description All that the list of orders finds with the same filters, the oldest first, in UTF-8, a line each. Amounts are in minor units. A cell that a spreadsheet would take for a formula is led by an apostrophe. What is placed while it is written may be in it.
         */
        get: operations["get_orders_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{order}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an order */
        get: operations["get_orders_order"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change an order
         * @description Staff with the scope `sell` change who buys and the note; whoever bears the order's token changes the buyer's name, telephone and language, while the order is not over. Each change is a step of its history.
         */
        patch: operations["patch_orders_order"];
        trace?: never;
    };
    "/api/v1/orders/{order}/calendar.ics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An order's dates for a calendar */
        get: operations["get_orders_order_calendar_ics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{order}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give an order up
         * @description Before it is paid: its places are free again, nothing is paid. After that all its tickets are given back and refunded, by staff with the scope `sell` at any time, by its buyer within the event's rule. While a payment is being captured it is refused for the moment. Idempotent.
         */
        post: operations["post_orders_order_cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{order}/refunds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give tickets back
         * @description Their places are free at once; the money follows, see `refunds`. By staff with the scope `sell`, or by the order's buyer within the event's rule.
         */
        post: operations["post_orders_order_refunds"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{order}/tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An order's tickets
         * @description As JSON, or with `Accept: application/pdf` those that the caller may go in with, a page each.
         */
        get: operations["get_orders_order_tickets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/organizations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List organizations
         * @description The caller's own; all of them with the scope `cluster`.
         */
        get: operations["get_organizations"];
        put?: never;
        /**
         * Make an organization
         * @description Needs the scope `cluster`. The answer has the organization's first API key, with every scope but `cluster`.
         */
        post: operations["post_organizations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/organizations/{organization}/events.atom": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An organization's events as a feed
         * @description Its listed events, the newest first; a hundred at most.
         */
        get: operations["get_organizations_organization_events_atom"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/organizations/{organization}/events.ics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An organization's showtimes as a calendar
         * @description Public showtimes of its listed events, times in UTC. An entry keeps its UID when the showtime moves.
         */
        get: operations["get_organizations_organization_events_ics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/organizations/{organization}/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List invitations that nobody has followed yet */
        get: operations["get_organizations_organization_invitations"];
        put?: never;
        /**
         * Invite a member
         * @description A link is sent to the address, good for a week. Whoever follows it is a member, and has an account.
         */
        post: operations["post_organizations_organization_invitations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/organizations/{organization}/invitations/{link}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take an invitation back */
        delete: operations["delete_organizations_organization_invitations_link"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/organizations/{organization}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List members */
        get: operations["get_organizations_organization_members"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/organizations/{organization}/members/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a member
         * @description Acts at once. The last owner cannot go. Members may always leave.
         */
        delete: operations["delete_organizations_organization_members_user"];
        options?: never;
        head?: never;
        /**
         * Change what a member is
         * @description Acts at once. The last owner cannot become anything else.
         */
        patch: operations["patch_organizations_organization_members_user"];
        trace?: never;
    };
    "/api/v1/organizations/{organization}/ticket-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Public keys of ticket codes
         * @description For everybody: whoever has them tells good codes from forged ones without asking anybody.
         */
        get: operations["get_organizations_organization_ticket-keys"];
        put?: never;
        /**
         * Sign new ticket codes with a new key
         * @description Needs the scope `keys` of that organization. Codes of the 15 keys before stay good; whoever opens a ticket afterwards gets a code of the new key.
         */
        post: operations["post_organizations_organization_ticket-keys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/payments/webhook": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * For the payment provider
         * @description Signed as Standard Webhooks say (`webhook-id`, `webhook-timestamp`, `webhook-signature`), at most 5 minutes old. What is said twice, late or out of order changes nothing the second time.
         */
        post: operations["post_payments_webhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a seating plan */
        get: operations["get_plans_plan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export a seating plan
         * @description The plan in the open form that it can be imported from, unknown members included; its import is the same plan under the same hash. For staff of its organization.
         */
        get: operations["get_plans_plan_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}/geometry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a map needs
         * @description Sections, rows, places in index order, areas. Immutable: it may be kept for ever.
         */
        get: operations["get_plans_plan_geometry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search events and their showtimes
         * @description Words are found in any order, in all their forms (English, German, French), without regard to case and diacritics, with typos, and the last one by its beginning. All filters hold for one and the same showtime. Showtimes that have begun do not count unless `from` reaches back. What is free is what is free now; everything else reflects `X-Log-Index`. Highlights are pieces of plain text.
         */
        get: operations["get_search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/search/suggestions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Suggest what to search for
         * @description Titles, venues, cities and categories of what everybody may see, by the beginnings of their words and with typos.
         */
        get: operations["get_search_suggestions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's sessions */
        get: operations["get_sessions"];
        put?: never;
        /**
         * Sign in
         * @description Sets the session's cookie, which lasts 30 days. A wrong password and an address without an account are answered alike. A user has at most 20 sessions: a further one ends the oldest.
         */
        post: operations["post_sessions"];
        /** End all other sessions of one's own */
        delete: operations["delete_sessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign out */
        post: operations["post_sessions_sign-out"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{session}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End one of one's sessions
         * @description At once on every node that has applied it.
         */
        delete: operations["delete_sessions_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/showtimes/{showtime}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a showtime */
        get: operations["get_showtimes_showtime"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a showtime
         * @description A JSON merge patch: absent members stay, null clears optional ones. Another `plan` takes over what is held, sold and blocked, or is refused (see `POST /api/v1/showtimes/{showtime}/plan`); that is also how areas change.
         */
        patch: operations["patch_showtimes_showtime"];
        trace?: never;
    };
    "/api/v1/showtimes/{showtime}/attendance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many came */
        get: operations["get_showtimes_showtime_attendance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/showtimes/{showtime}/availability": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Count places by state */
        get: operations["get_showtimes_showtime_availability"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/showtimes/{showtime}/blocks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List blocks */
        get: operations["get_showtimes_showtime_blocks"];
        put?: never;
        /** Take places off sale */
        post: operations["post_showtimes_showtime_blocks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/showtimes/{showtime}/blocks/{block}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Give a block's places back */
        delete: operations["delete_showtimes_showtime_blocks_block"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/showtimes/{showtime}/door-list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Valid tickets, for doors that may be offline
         * @description Who scans by this list while offline uploads the scans later.
         */
        get: operations["get_showtimes_showtime_door-list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/showtimes/{showtime}/holds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hold places
         * @description All or nothing. Needs no token; the answer's `token` stands for the hold from then on. Places are sold while the event is published and the showtime is on sale: 404 while either is a draft (`detail` says which), 409 `not-on-sale` when the event is archived, the showtime closed or cancelled, or it is not the time.
         */
        post: operations["post_showtimes_showtime_holds"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/showtimes/{showtime}/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move a showtime to another version of its seating plan
         * @description Held, sold and blocked seats are found again by their ids, or by section, row and number where the id is gone; areas by their ids or names. Refused with 409 `conflict` if any of them would be lost, or be of another price tier: `lost`, `repriced` and `areas` name the first hundred. All at once or not at all; live viewers are told to start over, and read the showtime's plan again. With `dry_run` nothing is done and everything is told.
         */
        post: operations["post_showtimes_showtime_plan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/showtimes/{showtime}/refunds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far the refunds of a showtime are */
        get: operations["get_showtimes_showtime_refunds"];
        put?: never;
        /**
         * Refund a cancelled showtime
         * @description All its tickets, in the order of their orders, no faster than the payment provider makes refunds. It goes on by itself, also when nodes are lost; asked for again once it is done, it looks for what was paid in the last moment.
         */
        post: operations["post_showtimes_showtime_refunds"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/showtimes/{showtime}/scans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Scan a ticket
         * @description Needs the scope `scan`. What is wrong with a ticket is the answer, not an error. Repeat it under its key if no answer came: a ticket is let in once all the same.
         */
        post: operations["post_showtimes_showtime_scans"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/showtimes/{showtime}/scans/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring in the scans of a door that was offline
         * @description At most 500 at a time; uploaded again, each happens once. They are judged in the order in which they were made, also against scans that other doors made before and since. Each has an answer of its own. If no answer came, or a 5xx, upload all of them again.
         */
        post: operations["post_showtimes_showtime_scans_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/showtimes/{showtime}/seats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the state of every seat
         * @description As JSON, or packed (`Accept: application/vnd.usher.seats`): a header of 32 bytes, then 2 bits a seat. Header, little-endian: `USHS`, u8 version 1, u8 bits 2, u16 header length 32, u32 seats, u32 0, u64 index, u64 epoch; seat n is in byte n/4, bits 2*(n mod 4) and the next. May be shared among viewers for 250 ms, but is never older than `X-Min-Log-Index`.
         */
        get: operations["get_showtimes_showtime_seats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what is to be done
         * @description The caller's organization's, the oldest first. With `state=trouble` those only that do not get done: they are tried again now and then, unless `for_good`.
         */
        get: operations["get_tasks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{task}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say what came of a task
         * @description For a task in trouble, after looking it up at the provider. The order goes on as if the provider had said so.
         */
        post: operations["post_tasks_task_resolve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tasks/{task}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a task again
         * @description At once. A refund that the provider failed to make is asked for anew.
         */
        post: operations["post_tasks_task_retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tickets/{ticket}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a ticket
         * @description As JSON; with `Accept: image/svg+xml` its code as a QR code; with `Accept: application/pdf` on paper. By whoever bears its order's token, by whoever it was passed on to, and by staff. The code is for whoever goes in with it and for staff with the scope `sell`.
         */
        get: operations["get_tickets_ticket"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tickets/{ticket}/scans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A ticket's scans
         * @description In the order in which they were made; 32 at most: of more, the oldest by which nobody went through are forgotten first. By staff with the scope `scan`, `sell` or `read`.
         */
        get: operations["get_tickets_ticket_scans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tickets/{ticket}/transfer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pass a ticket on
         * @description Its code is a new one from then on; the old one lets nobody in. By whoever bears its order's token, or staff with the scope `sell`. Hand `token` over to the new holder, as a link to `/t/TICKET#TOKEN` for example: shown as `Authorization: Bearer`, it reads the ticket and its code, until it is passed on again.
         */
        post: operations["post_tickets_ticket_transfer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/venues": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List venues */
        get: operations["get_venues"];
        put?: never;
        /** Make a venue */
        post: operations["post_venues"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/venues/{venue}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a venue */
        get: operations["get_venues_venue"];
        put?: never;
        post?: never;
        /** Remove a venue without plans */
        delete: operations["delete_venues_venue"];
        options?: never;
        head?: never;
        /**
         * Change a venue
         * @description A JSON merge patch: absent members stay, null clears optional ones.
         */
        patch: operations["patch_venues_venue"];
        trace?: never;
    };
    "/api/v1/venues/{venue}/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List a venue's seating plans */
        get: operations["get_venues_venue_plans"];
        put?: never;
        /**
         * Import a seating plan
         * @description Takes the open plan form used in the field, with additions: `attributes` on seats (`wheelchair`, `companion`, `restricted_view`, `aisle`), `capacity`, `area_id` and `category` on areas, `focal_point` on the plan. Unknown members are kept. Or CSV (`Content-Type: text/csv`): the first line names the columns, of `section`, `row`, `seat`, `x`, `y`, `category`, `attributes`, `area`, `capacity`, `id`; a line is a seat or an area; commas, semicolons or tabs part fields. At most 16 MiB and 100,000 places. A refused plan names what is wrong in `pointer`, in CSV in `line` and `column`. With `preview=true` all is checked and told, and nothing stored. A node reads two plans at a time; 429 when further ones wait already.
         */
        post: operations["post_venues_venue_plans"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/venues/{venue}/plans/generate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make the seating plan of a simple hall
         * @description Blocks of rows and seats, straight or curved, with aisles, numbering schemes and categories by row; areas of unnumbered places, also alone. With `preview=true` nothing is stored.
         */
        post: operations["post_venues_venue_plans_generate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vouchers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List vouchers
         * @description The caller's organization's, the oldest first; with `code` the one that has it and has not ended. A page may have fewer items than asked for; the list ends where `next_cursor` is null.
         */
        get: operations["get_vouchers"];
        put?: never;
        /**
         * Make a voucher
         * @description A voucher has a discount, unlocks hidden ticket types, opens a block, or several of these. Without a `code` one of 12 characters is drawn that nobody can guess; choose codes of your own only for what may be known.
         */
        post: operations["post_vouchers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vouchers/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make many vouchers
         * @description Up to 1,000 with drawn codes, all or none.
         */
        post: operations["post_vouchers_bulk"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vouchers/{voucher}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a voucher */
        get: operations["get_vouchers_voucher"];
        put?: never;
        post?: never;
        /**
         * End a voucher
         * @description Nobody can use it any more; holds and orders that used it stay as they are. One that was never used is gone, another remains to be read, as `ended`. Its code is free again.
         */
        delete: operations["delete_vouchers_voucher"];
        options?: never;
        head?: never;
        /**
         * Change a voucher
         * @description A JSON merge patch: absent members stay, null clears optional ones. Holds and orders that used it stay as they are.
         */
        patch: operations["patch_vouchers_voucher"];
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document, rendered */
        get: operations["get_docs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs.js": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The program of /docs */
        get: operations["get_docs_js"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/{event}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A plain page of an event
         * @description With its schema.org data; for an event that everybody may see.
         */
        get: operations["get_page_events_event"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process is alive */
        get: operations["get_healthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/images/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a picture
         * @description The address is that of an image's `files`. Who knows it may read it, also before the event is published: it cannot be guessed.
         */
        get: operations["get_images_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Counters and gauges for Prometheus */
        get: operations["get_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/problems/{code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a problem means */
        get: operations["get_problems_code"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the node may take traffic */
        get: operations["get_readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sitemap.xml": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The pages of all listed events */
        get: operations["get_sitemap_xml"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/style.css": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The looks of the pages */
        get: operations["get_style_css"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The one who is signed in. */
        Account: {
            created_at: components["schemas"]["Time"];
            email: string;
            id: string;
            name: string;
            /** @description Whether he or she runs the cluster. */
            operator: boolean;
            organizations: components["schemas"]["Membership"][];
        };
        /** @description What to change. */
        AccountPatch: {
            name: string;
        };
        /** @description Where the node to add listens for peers. */
        AddBody: {
            /**
             * @description Host and port.
             * @example 10.0.0.4:7001
             */
            address: string;
        };
        /** @description A wall time that there is not, or twice. */
        AdjustedTime: {
            local_starts_at: string;
            /** @description As the rule says it. */
            wall_time: string;
            /** @description `skipped` (clocks jump over it) or `repeated` (there are two; this is the first). */
            why: string;
        };
        /** @description An API key. */
        ApiKey: {
            created_at?: components["schemas"]["Time"] | null;
            expires_at?: components["schemas"]["Time"] | null;
            id: string;
            name: string;
            organization: string;
            scopes: components["schemas"]["Scope"][];
            /** @description What to send as `Authorization: Bearer …`; shown only in the answer that made the key. */
            secret?: string | null;
        };
        /** @description Free places of an area. */
        AreaAvailability: {
            /** Format: int32 */
            free: number;
            id: string;
        };
        /** @description A number of an area's places. */
        AreaBody: {
            /** @description The area's id. */
            area: string;
            /** Format: int32 */
            quantity: number;
        };
        /** @description A number of an area's places as tickets of one type; the same area may be asked for again under another type. */
        AreaTicketsBody: {
            /** @description The area's id. */
            area: string;
            /** Format: int32 */
            quantity: number;
            /** @description The ticket type's id; the tier's first that is not hidden if absent. */
            ticket_type?: string | null;
        };
        /** @description How many came to a showtime. */
        Attendance: {
            /**
             * Format: int32
             * @description Of them, those that let somebody in at least once.
             */
            came: number;
            /**
             * Format: int32
             * @description Of them, those that somebody is in with now.
             */
            inside: number;
            /**
             * Format: int32
             * @description Valid tickets.
             */
            tickets: number;
        };
        /** @description How many places are in which state. */
        Availability: {
            areas: components["schemas"]["AreaAvailability"][];
            /**
             * Format: int64
             * @description Rises when a backup was restored.
             */
            epoch: number;
            /**
             * Format: int64
             * @description Log index that the counts are exact at.
             */
            index: number;
            places: components["schemas"]["PlaceCounts"];
            sections: components["schemas"]["SectionAvailability"][];
            tiers: components["schemas"]["TierAvailability"][];
        };
        /** @description Seats that the cluster chooses. */
        BestBody: {
            /**
             * Format: int32
             * @description How many of them are to be for wheelchairs.
             */
            accessible?: number;
            /**
             * Format: int32
             * @description May be left out if `ticket_types` says it.
             */
            quantity?: number | null;
            /** @description Only in this section. */
            section?: string | null;
            /** @description What they are sold as; together as many as `quantity`. */
            ticket_types?: components["schemas"]["TypeBody"][];
            /** @description Only of this price tier. */
            tier?: string | null;
        };
        /** @description Places off sale. */
        Block: {
            areas?: components["schemas"]["AreaBody"][];
            created_at: components["schemas"]["Time"];
            id: string;
            places: components["schemas"]["BlockedSeat"][];
            reason: string;
            showtime: string;
        };
        /** @description What to take off sale: all or nothing. */
        BlockBody: {
            areas?: components["schemas"]["AreaBody"][];
            /** @description Place ids. */
            places?: string[];
            reason?: string;
        };
        /** @description A seat of a block. */
        BlockedSeat: {
            id: string;
            label: string;
        };
        /**
         * @description What is paid at the box office.
         * @enum {string}
         */
        BoxOfficeKind: "cash" | "comp";
        /** @description Vouchers that differ in their codes only, all or none. */
        BulkBody: {
            /** Format: int32 */
            count: number;
            /**
             * @description What all codes begin with, before a hyphen.
             * @example PRESS
             */
            prefix?: string;
            /** @description All of them; without `code`. */
            voucher: components["schemas"]["VoucherBody"];
        };
        /** @description Who buys. */
        Buyer: {
            /** @description Needed unless it is sold at the box office. */
            email?: string;
            /** @description BCP 47 language tag. */
            language?: string | null;
            /** @description Needed unless it is sold at the box office. */
            name?: string;
            phone?: string | null;
        };
        /** @description What to change about who buys; what is absent stays. */
        BuyerChange: {
            /** @description By staff only. */
            email?: string | null;
            /** @description BCP 47 language tag; null takes it away. */
            language?: string | null;
            name?: string | null;
            /** @description Null takes it away. */
            phone?: string | null;
        };
        /** @description Why an order is given up. */
        CancelBody: {
            /** @default  */
            reason: string;
        };
        /** @description A category in use. */
        Category: {
            category: string;
            /** @description Events of it that the caller's lists have. */
            events: number;
        };
        /** @description Places of a category. */
        CategorySummary: {
            name: string;
            /** Format: int32 */
            places: number;
        };
        /** @description The cluster. */
        Cluster: {
            /**
             * Format: int64
             * @description Index that this node's state reflects.
             */
            applied: number;
            /**
             * Format: int64
             * @description Index that this node knows to be committed.
             */
            committed: number;
            /** Format: int64 */
            epoch: number;
            /** @description The cluster's id. */
            id: string;
            /** @description Id of the node that leads, as far as this one knows. */
            leader?: string | null;
            nodes: components["schemas"]["ClusterNode"][];
            /** Format: int64 */
            term: number;
            this_node: components["schemas"]["ThisNode"];
        };
        /** @description A node as the membership knows it. Node ids are texts of digits: they do not fit every program's numbers. */
        ClusterNode: {
            /** @description Host and port for peers. */
            address: string;
            id: string;
            /**
             * Format: int64
             * @description Entries between that and the leader's last; null if the leader did not say.
             */
            lag?: number | null;
            /**
             * Format: int64
             * @description Last index known to equal the leader's log; null if the leader did not say.
             */
            matched?: number | null;
            /** @description Base URL for clients. */
            public_url: string;
            /** @description `leader`, `follower` or `learner`. */
            role: string;
            voter: boolean;
        };
        /** @description Proof that it is the user who wants it. */
        DeleteBody: {
            password: string;
        };
        /** @description The digest of the state at an index: equal on all nodes. */
        Digest: {
            digest: string;
            /** Format: int64 */
            index: number;
        };
        /** @description What a voucher takes off: exactly one of `basis_points`, `amount` and `fixed_price`. */
        Discount: {
            amount?: components["schemas"]["Money"] | null;
            /**
             * Format: int32
             * @description Hundredths of a per cent of the price, rounded half up.
             * @example 1000
             */
            basis_points?: number | null;
            fixed_price?: components["schemas"]["Money"] | null;
            per?: components["schemas"]["Per"];
        };
        /** @description The valid tickets of a showtime. */
        DoorList: {
            /** @description Ask again with `?cursor=`; null at the end. */
            next_cursor?: string | null;
            tickets: components["schemas"]["DoorTicket"][];
        };
        /** @description A valid ticket, for doors that are offline. */
        DoorTicket: {
            /** Format: int32 */
            generation: number;
            inside: boolean;
            ticket: string;
        };
        /** @description A price until a time. */
        EarlyPrice: {
            price: components["schemas"]["Money"];
            /** @description In force before this. */
            until: components["schemas"]["Time"];
        };
        /** @description An event. */
        Event: {
            /** @description Step-free ways, hearing loops, surtitles and the like. */
            accessibility?: string;
            /**
             * Format: int32
             * @description Youngest age admitted, in years.
             */
            age_limit?: number | null;
            /** @description Such as `theatre`; kept in small letters. */
            category?: string;
            created_at: components["schemas"]["Time"];
            /** @description Markdown. */
            description?: string;
            id: string;
            /** @description Pictures, the most telling first. */
            images?: components["schemas"]["EventImage"][];
            /** @description BCP 47 language tags of the performance. */
            languages?: string[];
            organization: string;
            refunds?: components["schemas"]["RefundRule"] | null;
            state?: components["schemas"]["EventState"];
            /** @description One sentence. */
            summary?: string;
            tags?: string[];
            title: string;
            visibility?: components["schemas"]["Visibility"];
        };
        /** @description What staff say of an event. */
        EventBody: {
            /** @description Step-free ways, hearing loops, surtitles and the like. */
            accessibility?: string;
            /**
             * Format: int32
             * @description Youngest age admitted, in years.
             */
            age_limit?: number | null;
            /** @description Such as `theatre`; kept in small letters. */
            category?: string;
            /** @description Markdown. */
            description?: string;
            /** @description Pictures, the most telling first. */
            images?: components["schemas"]["EventImage"][];
            /** @description BCP 47 language tags of the performance. */
            languages?: string[];
            refunds?: components["schemas"]["RefundRule"] | null;
            state?: components["schemas"]["EventState"];
            /** @description One sentence. */
            summary?: string;
            tags?: string[];
            title: string;
            visibility?: components["schemas"]["Visibility"];
        };
        /** @description What an event lacks. */
        EventCheck: {
            /** @description What blocks it first. */
            missing: components["schemas"]["Gap"][];
            /** @description Whether it could be published now. */
            publishable: boolean;
        };
        /** @description A picture that an event shows. */
        EventImage: {
            /** @description What is to be seen, for whoever cannot see it. */
            alt?: string;
            /** @description Its mean colour, `#rrggbb`. In answers only. */
            readonly color?: string;
            /** @description The narrowest first. In answers only. */
            files?: components["schemas"]["FileJson"][];
            /** @description Id of a picture of the organization. */
            image: string;
        };
        /** @description What staff say of an event. */
        EventPatch: {
            /** @description Step-free ways, hearing loops, surtitles and the like. */
            accessibility?: string;
            /**
             * Format: int32
             * @description Youngest age admitted, in years.
             */
            age_limit?: number | null;
            /** @description Such as `theatre`; kept in small letters. */
            category?: string;
            /** @description Markdown. */
            description?: string;
            /** @description Pictures, the most telling first. */
            images?: components["schemas"]["EventImage"][];
            /** @description BCP 47 language tags of the performance. */
            languages?: string[];
            refunds?: components["schemas"]["RefundRule"] | null;
            state?: components["schemas"]["EventState"];
            /** @description One sentence. */
            summary?: string;
            tags?: string[];
            title?: string;
            visibility?: components["schemas"]["Visibility"];
        };
        /**
         * @description The life of an event: `draft` (staff only), `published` (everybody), `archived` (staff only). Places of its
         *     showtimes are sold while it is published.
         * @enum {string}
         */
        EventState: "draft" | "published" | "archived";
        /** @description A value that events have, and how many of those that fit have it. */
        FacetValue: {
            /** Format: int32 */
            events: number;
            value: string;
        };
        /**
         * @description Values of the events that fit: twenty of each kind at most, the most frequent first; months (`2026-12`, of the showtime's own
         *     zone) the earliest first, twenty-four at most.
         */
        Facets: {
            category: components["schemas"]["FacetValue"][];
            city: components["schemas"]["FacetValue"][];
            language: components["schemas"]["FacetValue"][];
            month: components["schemas"]["FacetValue"][];
            tag: components["schemas"]["FacetValue"][];
        };
        /** @description A fee on top of prices: `amount`, or `basis_points` of the price. */
        Fee: {
            amount?: components["schemas"]["Money"] | null;
            /**
             * Format: int32
             * @description Hundredths of a per cent of the price after its discount, rounded half up.
             * @example 250
             */
            basis_points?: number | null;
            /**
             * @description What receipts call it; unique in the showtime.
             * @example Booking fee
             */
            name: string;
            per?: components["schemas"]["Per"];
        };
        /** @description One width of a picture, a JPEG. */
        FileJson: {
            /**
             * Format: int32
             * @description Length.
             */
            bytes: number;
            /**
             * Format: int32
             * @description In pixels.
             */
            height: number;
            /** @description Path on every node; its content never changes. */
            url: string;
            /**
             * Format: int32
             * @description In pixels.
             */
            width: number;
        };
        /** @description A link, and what it is followed with. */
        FollowBody: {
            /** @description What to call the user: for a new account. */
            name?: string | null;
            /** @description For a new account, or a new password. At least 10 characters. */
            password?: string | null;
            /** @description `usl_…` */
            token: string;
        };
        /** @description An event that fits. */
        FoundEvent: {
            category: string;
            /**
             * Format: int32
             * @description Metres from `near` to the nearest of them.
             */
            distance_m?: number | null;
            id: string;
            image?: components["schemas"]["EventImage"] | null;
            languages: string[];
            organization: string;
            price_from?: components["schemas"]["Money"] | null;
            /** @description Its showtimes that fit, the earliest first; ten at most. */
            showtimes: components["schemas"]["FoundShowtime"][];
            /** @description How many fit. */
            showtimes_total: number;
            /** @description Of the summary or the description what speaks for it, in pieces; else how it begins. */
            snippet: components["schemas"]["TextPiece"][];
            tags: string[];
            /** @description The title in pieces. */
            title: components["schemas"]["TextPiece"][];
        };
        /** @description A showtime that fits. */
        FoundShowtime: {
            city: string;
            id: string;
            price_from?: components["schemas"]["Money"] | null;
            starts_at: components["schemas"]["Time"];
            state: components["schemas"]["ShowtimeState"];
            venue: string;
            venue_name: string;
            /** @description IANA time zone. */
            zone: string;
        };
        /** @description A founded cluster. */
        FoundedCluster: {
            /** @description The cluster's id. */
            cluster: string;
            /** @description Secret of its first API key, with every scope; shown only now. */
            key: string;
            /** @description Id of the first organization. */
            organization: string;
        };
        /** @description Something that is missing. */
        Gap: {
            /** @description Whether the event cannot be published with it; else it is advice. */
            blocks: boolean;
            /**
             * @description What; one of `title`, `summary`, `description`, `image`, `image-alt`, `category`, `languages`, `accessibility`,
             *     `showtimes`, `on-sale`, `over`, `prices`, `unpriced`, `sales-ended`, `address`.
             */
            code: string;
            detail: string;
            /** @description The showtime, venue, image or category it is about. */
            of?: string | null;
        };
        /** @description Unnumbered places. */
        GeneratedArea: {
            /** Format: int32 */
            capacity: number;
            /** @description Its name if absent. */
            category?: string | null;
            /** @description `#rrggbb`; chosen if absent. */
            color?: string | null;
            name: string;
        };
        /** @description A simple hall. The front row is at the top, the stage above it. */
        GeneratedPlan: {
            areas?: components["schemas"]["GeneratedArea"][];
            name: string;
            sections?: components["schemas"]["GeneratedRows"][];
        };
        /** @description A block of rows: a section. */
        GeneratedRows: {
            /**
             * Format: double
             * @description Width of an aisle.
             */
            aisle_width?: number;
            /** @description An aisle after each so many-th seat, counted from the left. */
            aisles?: number[];
            /** @description Every row needs a category: the first range that has it. */
            categories: components["schemas"]["RowsBody"][];
            /**
             * Format: double
             * @description How far the front row bends around the stage, in degrees; 0: straight.
             */
            curve_degrees?: number;
            /**
             * Format: int32
             * @description The lowest number of a seat.
             */
            first_number?: number;
            /**
             * Format: int32
             * @description The front row has the so many-th label.
             */
            first_row?: number;
            name: string;
            numbering?: components["schemas"]["Numbering"];
            position?: components["schemas"]["PointBody"] | null;
            /**
             * Format: double
             * @description Between rows.
             */
            row_gap?: number;
            row_labels?: components["schemas"]["RowLabels"];
            /** Format: int32 */
            rows: number;
            /**
             * Format: double
             * @description Between neighbouring seats, in units of the plan.
             */
            seat_gap?: number;
            seats: components["schemas"]["SeatsOfRows"];
            special?: components["schemas"]["SpecialBody"][];
        };
        /** @description A point on Earth, in degrees. */
        Geo: {
            /** Format: double */
            latitude: number;
            /** Format: double */
            longitude: number;
        };
        /** @description What a map needs. */
        Geometry: {
            areas: components["schemas"]["PlanArea"][];
            categories: components["schemas"]["PlanCategory"][];
            focal_point: components["schemas"]["Point"];
            hash?: string | null;
            name: string;
            places: components["schemas"]["PlanPlace"][];
            rows: components["schemas"]["PlanRow"][];
            /** @description Neighbouring seats: `[first, length]`, ascending. */
            runs: number[][];
            sections: components["schemas"]["PlanSection"][];
            size: components["schemas"]["Point"];
        };
        /** @description Whether the process is alive. */
        Health: {
            /** @description `alive`. */
            status: string;
        };
        /** @description A hold. */
        Hold: {
            areas?: components["schemas"]["PricedArea"][];
            expires_at: components["schemas"]["Time"];
            /** Format: int32 */
            extensions_left: number;
            id: string;
            now?: components["schemas"]["Time"] | null;
            /** @description The order that took it over. */
            order?: string | null;
            places: components["schemas"]["PricedPlace"][];
            receipt: components["schemas"]["Receipt"];
            /** @description Over how many rows its seats are spread. */
            rows?: number | null;
            showtime: string;
            state: components["schemas"]["HoldState"];
            /** @description Whether all its seats are neighbours. */
            together?: boolean | null;
            /** @description Stands for the hold and the order made from it; only in the answer that made it. */
            token?: string | null;
            /** @description What an order of this hold costs, all fees and taxes in it; it does not change any more. */
            total: components["schemas"]["Money"];
            /** @description Code of the voucher that was used. */
            voucher?: string | null;
        };
        /** @description What to hold: all or nothing. */
        HoldBody: {
            areas?: components["schemas"]["AreaTicketsBody"][];
            best_available?: components["schemas"]["BestBody"] | null;
            /**
             * @description Place ids, or objects `{"id", "ticket_type"}`; without `ticket_type` a place is the first of its tier's types that
             *     is not hidden.
             */
            places?: components["schemas"]["WantedPlace"][];
            /**
             * @description Code of a voucher. It is used when the hold is placed, and given back when the hold ends without an order.
             * @example SUMMER-26
             */
            voucher?: string | null;
        };
        /**
         * @description The life of a hold.
         * @enum {string}
         */
        HoldState: "active" | "expired" | "released" | "confirmed";
        /** @description Whom a ticket was passed on to. */
        Holder: {
            email: string;
            name: string;
        };
        /** @description A picture. */
        Image: {
            /** @description Its mean colour, `#rrggbb`: shown until it is loaded. */
            color: string;
            created_at: components["schemas"]["Time"];
            /** @description The narrowest first. */
            files: components["schemas"]["FileJson"][];
            /**
             * Format: int32
             * @description Of the widest file, in pixels.
             */
            height: number;
            id: string;
            organization: string;
            /**
             * Format: int32
             * @description How many times events show it. One that none shows is forgotten after a day.
             */
            uses: number;
            /**
             * Format: int32
             * @description Of the widest file, in pixels.
             */
            width: number;
        };
        /** @description The first organization. */
        InitBody: {
            /** @description Its name. */
            organization: string;
        };
        /** @description Somebody who was invited and has not come yet. */
        Invitation: {
            email: string;
            ends_at: components["schemas"]["Time"];
            id: string;
            role?: components["schemas"]["Role"] | null;
            sent_at: components["schemas"]["Time"];
        };
        /** @description Whom to invite. */
        InvitationBody: {
            email: string;
            role: components["schemas"]["Role"];
        };
        /** @description What a key is to be. */
        KeyBody: {
            expires_at?: components["schemas"]["Time"] | null;
            name: string;
            /** @description Of those that the caller has. */
            scopes: components["schemas"]["Scope"][];
        };
        /** @description A scan of a door that was offline. */
        LateScan: {
            /** @description When it was made. */
            at: components["schemas"]["Time"];
            /** @description Draw it once for each scan: uploaded again, it happens once. */
            id: string;
            scan: components["schemas"]["ScanBody"];
        };
        /** @description Who is to lead. */
        LeaderBody: {
            /** @description A voter's id; the most advanced one if absent. */
            node?: string | null;
        };
        /** @description Who leads then. */
        LeaderJson: {
            leader: string;
        };
        /** @description Where to send a link. */
        LinkBody: {
            email: string;
        };
        /** @description A letter. */
        Mail: {
            at: components["schemas"]["Time"];
            id: string;
            subject: string;
            text: string;
            to: string;
        };
        /** @description A member. */
        Member: {
            email: string;
            id: string;
            name: string;
            role: components["schemas"]["Role"];
        };
        /** @description What a member is to be. */
        MemberPatch: {
            role: components["schemas"]["Role"];
        };
        /** @description What a user is in an organization. */
        Membership: {
            name: string;
            organization: string;
            role: components["schemas"]["Role"];
        };
        /** @description An amount in minor units (cents) of a currency. */
        Money: {
            /**
             * Format: int64
             * @description Minor units.
             * @example 4500
             */
            amount: number;
            /**
             * @description ISO 4217 code of three capital letters.
             * @example EUR
             */
            currency: string;
        };
        /** @description Which plan takes over. */
        MoveBody: {
            /** @description Tell what it would do, and do nothing. */
            dry_run?: boolean;
            plan: string;
        };
        NamedPlace: {
            id: string;
            label: string;
        };
        /** @description A node's id. */
        NodeIdJson: {
            id: string;
        };
        /**
         * @description How seats are numbered, as one sees them facing the stage. `plain`: 1 2 3 4 5 6. `right_to_left`: 6 5 4 3 2 1.
         *     `odd_even`: from both ends inwards, 1 3 5 6 4 2. `centre_out`: from the middle to both ends, 5 3 1 2 4 6.
         * @enum {string}
         */
        Numbering: "plain" | "right_to_left" | "odd_even" | "centre_out";
        /** @description Somebody who runs the cluster. */
        Operator: {
            email: string;
            id: string;
            name: string;
        };
        /** @description An order. */
        Order: {
            buyer: components["schemas"]["Buyer"];
            history: components["schemas"]["OrderStep"][];
            id: string;
            items: components["schemas"]["OrderItem"][];
            /** @description What staff note of it; for staff only. */
            note?: string | null;
            organization: string;
            payments: components["schemas"]["OrderPayment"][];
            placed_at: components["schemas"]["Time"];
            /** @description Of all items together. */
            receipt: components["schemas"]["Receipt"];
            refunds: components["schemas"]["Refund"][];
            /** @description `pending`, `paid`, `partly_refunded`, `refunded`, `cancelled` or `failed`. */
            state: string;
            tickets: components["schemas"]["Ticket"][];
            total: components["schemas"]["Money"];
        };
        /** @description What to buy. */
        OrderBody: {
            buyer?: components["schemas"]["Buyer"];
            /** @description Holds of one or more showtimes of an organization, taken over together. */
            holds: string[];
            payment: components["schemas"]["PaymentBody"];
            /**
             * @description Code of a voucher, for those of the holds that brought none. The order costs the sum of what its holds showed, or
             *     less.
             */
            voucher?: string | null;
        };
        /** @description What to change about an order; what is absent stays. */
        OrderChange: {
            buyer?: components["schemas"]["BuyerChange"] | null;
            /** @description By staff, for staff: buyers never see it. */
            note?: string | null;
        };
        /** @description What one hold brought into an order. */
        OrderItem: {
            areas?: components["schemas"]["PricedArea"][];
            hold: string;
            places: components["schemas"]["PricedPlace"][];
            receipt: components["schemas"]["Receipt"];
            showtime: string;
            total: components["schemas"]["Money"];
            /** @description Code of the voucher that was used. */
            voucher?: string | null;
        };
        /** @description How an order is paid. */
        OrderPayment: {
            /** @description What is to be paid. */
            amount: components["schemas"]["Money"];
            /** @description What came in. */
            captured: components["schemas"]["Money"];
            /** @description Why the last attempt was declined. */
            declined?: string | null;
            /** @description Of a payment by the provider. */
            id?: string | null;
            kind?: components["schemas"]["BoxOfficeKind"] | null;
            /** @description `box_office`, `free` (there was nothing to pay), or the payment provider's name. */
            method: string;
            /** @description Where the buyer pays, while there is something to pay. */
            page?: string | null;
            pays_until?: components["schemas"]["Time"] | null;
            /** @description The provider's name for it, for staff who look it up there. */
            reference?: string | null;
            /**
             * @description `creating` (the provider is asked), `awaiting_buyer`, `capturing` (authorised; the places are kept),
             *     `captured`; `lapsing`, `voiding` and `voided` once it will not be paid.
             */
            state: string;
        };
        /** @description A step in an order's life. */
        OrderStep: {
            at: components["schemas"]["Time"];
            /** @description Who took it: an API key's id, `buyer` or `node`. */
            by: string;
            /** @description The refund that it is about. */
            refund?: string | null;
            /**
             * @description `placed`, `paid`, `declined`, `authorised`, `lapsed`, `places_taken_again`, `places_gone`, `failed`, `cancelled`,
             *     `refunding`, `refunded`, `refund_failed`, `refunded_twice`, `transferred`, `buyer_changed`; for staff also `resolved`
             *     (what became of a task that could not be done) and `note_changed`.
             */
            step: string;
            /** @description The ticket that it is about. */
            ticket?: string | null;
            /** @description Why, if it says so. */
            why?: string | null;
        };
        /** @description An organization. */
        Organization: {
            created_at?: components["schemas"]["Time"] | null;
            id: string;
            /** @description The secret of its first API key; shown only in the answer that made it. */
            key?: string | null;
            name: string;
        };
        /** @description What an organization is to be. */
        OrganizationBody: {
            name: string;
        };
        /**
         * @description Whether single seats may be left over between others: always (`off`), only at the end of a run of seats
         *     (`aisle_ok`), never (`strict`).
         * @enum {string}
         */
        OrphanRule: "off" | "aisle_ok" | "strict";
        /** @description A page of a list. */
        Page_ApiKey: {
            /** @description The items, the oldest first. */
            items: {
                created_at?: components["schemas"]["Time"] | null;
                expires_at?: components["schemas"]["Time"] | null;
                id: string;
                name: string;
                organization: string;
                scopes: components["schemas"]["Scope"][];
                /** @description What to send as `Authorization: Bearer …`; shown only in the answer that made the key. */
                secret?: string | null;
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Block: {
            /** @description The items, the oldest first. */
            items: {
                areas?: components["schemas"]["AreaBody"][];
                created_at: components["schemas"]["Time"];
                id: string;
                places: components["schemas"]["BlockedSeat"][];
                reason: string;
                showtime: string;
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Category: {
            /** @description The items, the oldest first. */
            items: {
                category: string;
                /** @description Events of it that the caller's lists have. */
                events: number;
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Event: {
            /** @description The items, the oldest first. */
            items: {
                /** @description Step-free ways, hearing loops, surtitles and the like. */
                accessibility?: string;
                /**
                 * Format: int32
                 * @description Youngest age admitted, in years.
                 */
                age_limit?: number | null;
                /** @description Such as `theatre`; kept in small letters. */
                category?: string;
                created_at: components["schemas"]["Time"];
                /** @description Markdown. */
                description?: string;
                id: string;
                /** @description Pictures, the most telling first. */
                images?: components["schemas"]["EventImage"][];
                /** @description BCP 47 language tags of the performance. */
                languages?: string[];
                organization: string;
                refunds?: components["schemas"]["RefundRule"] | null;
                state?: components["schemas"]["EventState"];
                /** @description One sentence. */
                summary?: string;
                tags?: string[];
                title: string;
                visibility?: components["schemas"]["Visibility"];
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Image: {
            /** @description The items, the oldest first. */
            items: {
                /** @description Its mean colour, `#rrggbb`: shown until it is loaded. */
                color: string;
                created_at: components["schemas"]["Time"];
                /** @description The narrowest first. */
                files: components["schemas"]["FileJson"][];
                /**
                 * Format: int32
                 * @description Of the widest file, in pixels.
                 */
                height: number;
                id: string;
                organization: string;
                /**
                 * Format: int32
                 * @description How many times events show it. One that none shows is forgotten after a day.
                 */
                uses: number;
                /**
                 * Format: int32
                 * @description Of the widest file, in pixels.
                 */
                width: number;
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Invitation: {
            /** @description The items, the oldest first. */
            items: {
                email: string;
                ends_at: components["schemas"]["Time"];
                id: string;
                role?: components["schemas"]["Role"] | null;
                sent_at: components["schemas"]["Time"];
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Mail: {
            /** @description The items, the oldest first. */
            items: {
                at: components["schemas"]["Time"];
                id: string;
                subject: string;
                text: string;
                to: string;
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Member: {
            /** @description The items, the oldest first. */
            items: {
                email: string;
                id: string;
                name: string;
                role: components["schemas"]["Role"];
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Operator: {
            /** @description The items, the oldest first. */
            items: {
                email: string;
                id: string;
                name: string;
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Order: {
            /** @description The items, the oldest first. */
            items: {
                buyer: components["schemas"]["Buyer"];
                history: components["schemas"]["OrderStep"][];
                id: string;
                items: components["schemas"]["OrderItem"][];
                /** @description What staff note of it; for staff only. */
                note?: string | null;
                organization: string;
                payments: components["schemas"]["OrderPayment"][];
                placed_at: components["schemas"]["Time"];
                /** @description Of all items together. */
                receipt: components["schemas"]["Receipt"];
                refunds: components["schemas"]["Refund"][];
                /** @description `pending`, `paid`, `partly_refunded`, `refunded`, `cancelled` or `failed`. */
                state: string;
                tickets: components["schemas"]["Ticket"][];
                total: components["schemas"]["Money"];
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Organization: {
            /** @description The items, the oldest first. */
            items: {
                created_at?: components["schemas"]["Time"] | null;
                id: string;
                /** @description The secret of its first API key; shown only in the answer that made it. */
                key?: string | null;
                name: string;
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Plan: {
            /** @description The items, the oldest first. */
            items: {
                areas: number;
                /** @description Names of the price categories. */
                categories: string[];
                created_at?: components["schemas"]["Time"] | null;
                /** @description Names the plan's content for ever. */
                hash: string;
                /** @description Absent in a preview. */
                id?: string | null;
                name: string;
                organization: string;
                /**
                 * Format: int32
                 * @description Seats plus the capacity of all areas.
                 */
                places: number;
                preview?: components["schemas"]["PlanPreview"] | null;
                seats: number;
                sections: components["schemas"]["SectionSummary"][];
                venue: string;
                /** @description What the import found odd and how it took it; only in the import's answer. */
                warnings?: string[] | null;
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_RecordedScan: {
            /** @description The items, the oldest first. */
            items: {
                /** @description When it was made. */
                at: components["schemas"]["Time"];
                /** @description The API key that scanned. */
                by?: string | null;
                /** @description Which door, in the words of the house. */
                gate: string;
                ok: boolean;
                /** @description When it was recorded: later, if the door was offline. */
                recorded_at: components["schemas"]["Time"];
                /** @description Where the door is. */
                showtime: string;
                /** @description As the door, or whoever uploaded it, was told. */
                verdict: string;
                way: components["schemas"]["Way"];
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Showtime: {
            /** @description The items, the oldest first. */
            items: {
                created_at: components["schemas"]["Time"];
                ends_at?: components["schemas"]["Time"] | null;
                event: string;
                /** @description Fees besides those of the tiers. */
                fees?: components["schemas"]["Fee"][];
                /** Format: int32 */
                hold_ttl_seconds?: number;
                id: string;
                local_ends_at?: string | null;
                /**
                 * @description The wall time at which it begins in its zone, with its offset.
                 * @example 2026-12-24T19:30:00+01:00
                 */
                local_starts_at: string;
                /** Format: int32 */
                max_extensions?: number;
                /** Format: int32 */
                max_places_per_order?: number;
                moved_from?: components["schemas"]["Time"] | null;
                on_sale_from?: components["schemas"]["Time"] | null;
                on_sale_until?: components["schemas"]["Time"] | null;
                organization: string;
                orphan_rule?: components["schemas"]["OrphanRule"];
                /**
                 * Format: int32
                 * @description The rule holds until so many per cent of the places are held or sold; 100: to the end.
                 */
                orphan_rule_until_percent?: number;
                /**
                 * Format: int32
                 * @description Time for paying an order, during which its places are kept.
                 */
                payment_time_seconds?: number;
                /**
                 * @description The seating plan version. A showtime without seats needs none: it names `venue` and `areas` instead when it is
                 *     made, and a plan is made with it, one for all showtimes with the same areas.
                 */
                plan?: string | null;
                /** @description At least one; all in one currency. */
                price_tiers: components["schemas"]["PriceTier"][];
                /** @description What tickets cost now, all fees and taxes in it, tier by tier. */
                prices: components["schemas"]["TierPrices"][];
                /** @description Why it was cancelled, postponed or moved, for buyers. */
                reason?: string;
                starts_at: components["schemas"]["Time"];
                state?: components["schemas"]["ShowtimeState"];
                taxes?: components["schemas"]["Tax"][];
                /** @description Where it plays. */
                venue?: string | null;
                /** @description IANA time zone; the venue's if absent. */
                zone?: string | null;
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Task: {
            /** @description The items, the oldest first. */
            items: {
                /** @description `create_intent`, `capture`, `settle` (find out whether money was promised before cancelling), `void` or `refund`. */
                duty: string;
                id: string;
                order: string;
                refund?: string | null;
                since: components["schemas"]["Time"];
                trouble?: components["schemas"]["TaskTrouble"] | null;
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Ticket: {
            /** @description The items, the oldest first. */
            items: {
                /** @description The area's id; absent for a seat. */
                area?: string | null;
                /** @description What its QR code says; only where a single ticket is read, by whoever may go in with it, and by staff who sell. */
                code?: string | null;
                event: string;
                /**
                 * Format: int32
                 * @description How often it was passed on: only the newest code lets anybody in.
                 */
                generation: number;
                holder?: components["schemas"]["Holder"] | null;
                id: string;
                /** @description Section, row and number, or the area's name. */
                label: string;
                order: string;
                /** @description The seat's place id; absent for an area's place. */
                place?: string | null;
                showtime: string;
                starts_at: components["schemas"]["Time"];
                /** @description `valid`, or `void` once it was given back. */
                state: string;
                /** @description The ticket type's id; absent in a tier with one kind of ticket. */
                ticket_type?: string | null;
                /** @description The price tier's id. */
                tier: string;
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Venue: {
            /** @description The items, the oldest first. */
            items: {
                /** @description Street and number. */
                address?: string;
                city?: string;
                /** @description ISO 3166 code of two capital letters, or empty. */
                country?: string;
                created_at: components["schemas"]["Time"];
                geo?: components["schemas"]["Geo"] | null;
                id: string;
                name: string;
                organization: string;
                /**
                 * @description IANA time zone.
                 * @example Europe/Berlin
                 */
                zone: string;
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description A page of a list. */
        Page_Voucher: {
            /** @description The items, the oldest first. */
            items: {
                /** @description The block that its bearer may hold places of. */
                block?: string | null;
                /**
                 * @description What its bearer types in, whatever the case of its letters: 3 to 32 of A–Z, 0–9, `-`, `_`. Drawn if absent. It
                 *     cannot change.
                 * @example SUMMER-26
                 */
                code?: string | null;
                created_at: components["schemas"]["Time"];
                discount?: components["schemas"]["Discount"] | null;
                /** @description It was deleted after it had been used. */
                ended: boolean;
                /** @description Only at showtimes of these events. */
                events?: string[];
                id: string;
                /**
                 * Format: int32
                 * @description How many tickets one use covers: the first ones asked for.
                 */
                max_tickets?: number | null;
                /**
                 * Format: int32
                 * @description How many holds and orders may use it.
                 */
                max_uses?: number | null;
                /**
                 * Format: int32
                 * @description How many times one buyer may use it: told apart in orders, by e-mail address.
                 */
                max_uses_per_buyer?: number | null;
                /** @description What it is for; staff see it. */
                note?: string;
                organization: string;
                /** @description Only at these showtimes, besides those of `events`. */
                showtimes?: string[];
                /** @description Only for ticket types with these ids. */
                ticket_types?: string[];
                /** @description Only for places of price tiers with these ids. */
                tiers?: string[];
                /** @description Whether hidden ticket types among those are sold to its bearer. */
                unlocks_hidden?: boolean;
                uses: components["schemas"]["VoucherUses"];
                valid_from?: components["schemas"]["Time"] | null;
                valid_until?: components["schemas"]["Time"] | null;
            }[];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
        };
        /** @description An order of which a ticket was passed on. */
        PassedOn: {
            buyer: components["schemas"]["Buyer"];
            history: components["schemas"]["OrderStep"][];
            id: string;
            items: components["schemas"]["OrderItem"][];
            /** @description What staff note of it; for staff only. */
            note?: string | null;
            organization: string;
            payments: components["schemas"]["OrderPayment"][];
            placed_at: components["schemas"]["Time"];
            /** @description Of all items together. */
            receipt: components["schemas"]["Receipt"];
            refunds: components["schemas"]["Refund"][];
            /** @description `pending`, `paid`, `partly_refunded`, `refunded`, `cancelled` or `failed`. */
            state: string;
            tickets: components["schemas"]["Ticket"][];
            /** @description The new holder's. */
            token: string;
            total: components["schemas"]["Money"];
        };
        /** @description A password in place of another. */
        PasswordBody: {
            /** @description As it is. */
            current: string;
            /** @description As it is to be: at least 10 characters. */
            new: string;
        };
        /** @description How an order is paid: `box_office` (staff only), or by the payment provider under its name, such as `mock`. */
        PaymentBody: {
            kind?: components["schemas"]["BoxOfficeKind"] | null;
            /**
             * @example mock
             * @example box_office
             */
            method: string;
            /** @description By the provider: where it sends the buyer afterwards; an address of this cluster's pages. */
            return_url?: string | null;
            /** @description By the provider: what it gave the buyer's browser to pay with, if it did; else the buyer pays on its page. */
            token?: string | null;
        };
        /**
         * @description What a fee is counted by.
         * @enum {string}
         */
        Per: "ticket" | "order";
        /** @description A place as a ticket type. */
        PlaceAsType: {
            /** @description The place id. */
            id: string;
            /**
             * @description The ticket type's id.
             * @example child
             */
            ticket_type?: string | null;
        };
        /** @description Places by state. */
        PlaceCounts: {
            /** Format: int32 */
            blocked: number;
            /** Format: int32 */
            free: number;
            /** Format: int32 */
            held: number;
            /** Format: int32 */
            sold: number;
        };
        /** @description A seating plan, in short; its seats are in its geometry. */
        Plan: {
            areas: number;
            /** @description Names of the price categories. */
            categories: string[];
            created_at?: components["schemas"]["Time"] | null;
            /** @description Names the plan's content for ever. */
            hash: string;
            /** @description Absent in a preview. */
            id?: string | null;
            name: string;
            organization: string;
            /**
             * Format: int32
             * @description Seats plus the capacity of all areas.
             */
            places: number;
            preview?: components["schemas"]["PlanPreview"] | null;
            seats: number;
            sections: components["schemas"]["SectionSummary"][];
            venue: string;
            /** @description What the import found odd and how it took it; only in the import's answer. */
            warnings?: string[] | null;
        };
        /** @description Unnumbered places sold by quantity, or a shape that is only drawn. */
        PlanArea: {
            /**
             * Format: int32
             * @description How many places; 0 if it is only drawn.
             */
            capacity: number;
            /**
             * Format: int32
             * @description Index of its category; null if it is only drawn.
             */
            category?: number | null;
            id: string;
            name: string;
            /**
             * Format: int32
             * @description Index of its section.
             */
            section: number;
            /** @description Its outline and looks as in the imported plan, its position made absolute. */
            shape: Record<string, never>;
        };
        PlanCategory: {
            /** @description `#rrggbb`. */
            color: string;
            name: string;
        };
        /** @description What a move would do. The lists name a thousand places at most; the numbers are exact. */
        PlanMove: {
            /** @description Areas that the other plan does not have, or with too few places, or in another price tier. */
            areas: components["schemas"]["UsedArea"][];
            /** @description Those that the other plan does not have. */
            lost: components["schemas"]["UsedPlace"][];
            lost_count: number;
            moved: components["schemas"]["UsedPlace"][];
            /** @description Those that get another id or label. */
            moved_count: number;
            /** @description Whether it would be done. */
            possible: boolean;
            /** @description Those that would be of another price tier. */
            repriced: components["schemas"]["UsedPlace"][];
            repriced_count: number;
            /** @description Held, sold and blocked seats that keep id and label. */
            unchanged: number;
        };
        /** @description The showtime as it is now, or with `dry_run` what would become of it. */
        PlanMoved: components["schemas"]["Showtime"] | components["schemas"]["PlanMove"];
        /** @description A numbered seat; its number in holds' changes and packed forms is its position in `places`. */
        PlanPlace: {
            /** @description Of `wheelchair`, `companion`, `restricted_view`, `aisle`; absent if none. */
            attributes?: string[];
            /**
             * Format: int32
             * @description Index of its category.
             */
            category: number;
            /** @description What holds name. */
            id: string;
            /** @description Section, row and number. */
            label: string;
            /** @description The seat's own number or letter. */
            number: string;
            /**
             * Format: int32
             * @description Index of its row.
             */
            row: number;
            /** Format: double */
            x: number;
            /** Format: double */
            y: number;
        };
        /** @description What a preview tells besides. */
        PlanPreview: {
            /** @description Seats with each attribute that any has. */
            attributes: {
                [key: string]: number;
            };
            /** @description Places of each category. */
            categories: components["schemas"]["CategorySummary"][];
            /** @description Neighbouring seats: `[first, length]`, ascending, by number in plan order. */
            runs: number[][];
        };
        /** @description A row object: its places are `first` to `first + len - 1`. */
        PlanRow: {
            /** Format: int32 */
            first: number;
            label: string;
            /** Format: int32 */
            len: number;
            /**
             * Format: int32
             * @description Index of its section.
             */
            section: number;
        };
        PlanSection: {
            id: string;
            name: string;
        };
        /** @description A point, in the plan's own unit. */
        Point: {
            /** Format: double */
            x: number;
            /** Format: double */
            y: number;
        };
        /** @description A point of the plan. */
        PointBody: {
            /** Format: double */
            x: number;
            /** Format: double */
            y: number;
        };
        /**
         * @description Prices for some categories of the plan: `price` for one kind of ticket, or `ticket_types` for several. Whoever names
         *     no ticket type gets the first that is not hidden.
         */
        PriceTier: {
            /** @description Names of the plan's categories it covers. */
            categories: string[];
            /** @description Other prices for a time, besides `price`, the earliest end first. */
            early_prices?: components["schemas"]["EarlyPrice"][];
            fees?: components["schemas"]["Money"] | null;
            /** @description Unique in the showtime. */
            id: string;
            name: string;
            price?: components["schemas"]["Money"] | null;
            /** @description Instead of `price`: several kinds of ticket. */
            ticket_types?: components["schemas"]["TicketType"][] | null;
        };
        /** @description A number of an area's places with the price of each. */
        PricedArea: {
            /** @description The area's id. */
            area: string;
            discount?: components["schemas"]["Money"] | null;
            /** @description Its fees. */
            fees: components["schemas"]["Money"];
            /** @description The area's name. */
            label: string;
            /** @description Price before the discount. */
            price: components["schemas"]["Money"];
            /** Format: int32 */
            quantity: number;
            tax?: components["schemas"]["Money"] | null;
            /** @description The ticket type's id; absent in a tier with one kind of ticket. */
            ticket_type?: string | null;
            /** @description The price tier's id. */
            tier: string;
        };
        /** @description A seat with its price. */
        PricedPlace: {
            discount?: components["schemas"]["Money"] | null;
            /** @description Its fees. */
            fees: components["schemas"]["Money"];
            /** @description The place id. */
            id: string;
            /** @description Section, row and number. */
            label: string;
            /** @description Price before the discount. */
            price: components["schemas"]["Money"];
            tax?: components["schemas"]["Money"] | null;
            /** @description The ticket type's id; absent in a tier with one kind of ticket. */
            ticket_type?: string | null;
            /** @description The price tier's id. */
            tier: string;
        };
        /** @description What one ticket costs. */
        PricedTicket: {
            discount?: components["schemas"]["Money"] | null;
            /** @description Its fees. */
            fees: components["schemas"]["Money"];
            /** @description Price before the discount. */
            price: components["schemas"]["Money"];
            tax?: components["schemas"]["Money"] | null;
            /** @description The ticket type's id; absent in a tier with one kind of ticket. */
            ticket_type?: string | null;
            /** @description The price tier's id. */
            tier: string;
        };
        /** @description RFC 9457 problem details; further members by code. */
        Problem: {
            areas?: components["schemas"]["NamedPlace"][];
            /** @enum {string} */
            code: "malformed-request" | "token-missing" | "token-invalid" | "token-expired" | "role-required" | "sign-in-failed" | "cross-origin" | "not-found" | "method-not-allowed" | "not-acceptable" | "request-timeout" | "seats-taken" | "not-enough-places" | "orphan-seat" | "not-on-sale" | "voucher-used-up" | "conflict" | "hold-expired" | "precondition-failed" | "too-large" | "unsupported-media-type" | "idempotency-key-reused" | "too-many-places" | "invalid-plan" | "invalid-image" | "rule-violated" | "rate-limited" | "voucher-invalid" | "internal" | "no-leader" | "no-majority" | "node-behind" | "outcome-unknown";
            column?: string;
            detail: string;
            errors?: {
                detail?: string;
                in?: string;
                pointer?: string;
            }[];
            free?: number;
            /** Format: date-time */
            from?: string;
            hold?: string;
            line?: number;
            lost?: components["schemas"]["NamedPlace"][];
            max?: number;
            missing?: components["schemas"]["Gap"][];
            pointer?: string;
            repriced?: components["schemas"]["NamedPlace"][];
            request_id: string;
            scope?: string;
            seats?: components["schemas"]["NamedPlace"][];
            status: number;
            suggestion?: components["schemas"]["NamedPlace"][];
            title: string;
            type: string;
            version?: number;
        };
        /** @description Whether the node may take traffic. */
        Readiness: {
            ready: boolean;
            /** @description Why not: `draining`, `not-joined`, `damaged`, `no-leader`, `behind`, `stopped`. */
            reasons: string[];
        };
        /** @description What a receipt lists: `subtotal` − `discount` + `fees` + those of `taxes` that are not `included` = `total`, exactly. */
        Receipt: {
            discount: components["schemas"]["Money"];
            /** @description By name, in the order of the showtime's; those of tiers without a name are `Fees`. */
            fees: components["schemas"]["ReceiptFee"][];
            /** @description Prices before discounts. */
            subtotal: components["schemas"]["Money"];
            taxes: components["schemas"]["ReceiptTax"][];
            total: components["schemas"]["Money"];
        };
        /** @description All fees of one name. */
        ReceiptFee: {
            amount: components["schemas"]["Money"];
            name: string;
        };
        /** @description All of one tax. */
        ReceiptTax: {
            amount: components["schemas"]["Money"];
            /**
             * Format: int32
             * @description Its rate in hundredths of a per cent.
             */
            basis_points: number;
            /** @description Whether prices and fees contain it: then it is no part of the sum. */
            included: boolean;
            name: string;
        };
        /** @description A scan that was recorded. */
        RecordedScan: {
            /** @description When it was made. */
            at: components["schemas"]["Time"];
            /** @description The API key that scanned. */
            by?: string | null;
            /** @description Which door, in the words of the house. */
            gate: string;
            ok: boolean;
            /** @description When it was recorded: later, if the door was offline. */
            recorded_at: components["schemas"]["Time"];
            /** @description Where the door is. */
            showtime: string;
            /** @description As the door, or whoever uploaded it, was told. */
            verdict: string;
            way: components["schemas"]["Way"];
        };
        /** @description Money that goes back. */
        Refund: {
            amount: components["schemas"]["Money"];
            asked_at: components["schemas"]["Time"];
            id: string;
            /** @description Whether fees stay with the organization. */
            keeps_fees: boolean;
            reason: string;
            /** @description `pending`, `sent` (the provider has it), `done`, or `failed` (staff must see to it). */
            state: string;
            /** @description Tickets that are void by it; none if money came that no tickets were issued for. */
            tickets: string[];
        };
        /** @description What to give back. */
        RefundBody: {
            /**
             * @description Whether fees stay with the organization; for buyers the event's rule says so.
             * @default false
             */
            keep_fees: boolean;
            /** @default  */
            reason: string;
            /**
             * @description Tickets of the order; all that are valid if absent.
             * @default []
             */
            tickets: string[];
        };
        /** @description When buyers may give tickets back by themselves. */
        RefundRule: {
            /** @description Whether fees stay with the organization. */
            keep_fees?: boolean;
            /**
             * Format: int32
             * @description Until so many minutes before a showtime begins.
             */
            until_minutes_before_start: number;
        };
        /** @description How to refund it. */
        RefundsBody: {
            /**
             * @description Whether fees stay with the organization.
             * @default false
             */
            keep_fees: boolean;
            /**
             * @description For receipts.
             * @default
             */
            reason: string;
        };
        /** @description Refunds by how far the money is. */
        RefundsByState: {
            done: number;
            failed: number;
            pending: number;
            sent: number;
        };
        /** @description What is left to say of a hold that was given back. */
        ReleasedHold: {
            id: string;
            state: components["schemas"]["HoldState"];
        };
        /** @description What staff found out. */
        ResolveBody: {
            /** @description Whether what was to be done has been done: the money was captured, the intent is cancelled, the refund was made. */
            done: boolean;
            /** @description For the order's history. */
            note?: string;
        };
        /**
         * @description What a member is in an organization.
         * @enum {string}
         */
        Role: "scanner" | "staff" | "owner";
        /**
         * @description What rows are called: `letters` (A to Z without I and O, then AA, AB …) or `numbers`.
         * @enum {string}
         */
        RowLabels: "letters" | "numbers";
        /** @description The category of some rows. */
        RowsBody: {
            category: string;
            /** @description `#rrggbb`; chosen if absent. */
            color?: string | null;
            /** @description Label of the first such row; the block's first if absent. */
            from?: string | null;
            /** @description Label of the last such row; the block's last if absent. */
            to?: string | null;
        };
        /** @description A scan. */
        ScanBody: {
            /** @description What the QR code says; in place of `ticket`. */
            code?: string | null;
            /** @description Which door, in the words of the house. */
            gate?: string;
            /**
             * Format: int32
             * @description How often it was passed on; only with `ticket`.
             */
            generation?: number;
            /** @description The ticket's id, if its number was typed in. */
            ticket?: string | null;
            way?: components["schemas"]["Way"];
        };
        /** @description What a scan found. */
        Scanned: {
            /** @description Where they went in. */
            gate?: string | null;
            /** @description Whether to let them through. */
            ok: boolean;
            /** @description The showtime that it is for. */
            showtime?: string | null;
            since?: components["schemas"]["Time"] | null;
            ticket?: components["schemas"]["Ticket"] | null;
            /**
             * @description `admitted`, `left`, `already_inside`, `not_inside`, `wrong_showtime`, `void`, `replaced` (it was passed on: only the
             *     newest code is good), `unknown`; of a code also `unreadable` (no code of a ticket) or `forged` (not signed by the
             *     organization, or long ago).
             */
            verdict: string;
        };
        /**
         * @description What an API key may do.
         * @enum {string}
         */
        Scope: "read" | "catalogue" | "sell" | "keys" | "cluster" | "scan" | "members";
        /** @description A page of what was found. */
        SearchResult: {
            facets: components["schemas"]["Facets"];
            items: components["schemas"]["FoundEvent"][];
            /** @description What to ask for next; null at the end. */
            next_cursor?: string | null;
            /** @description No event has all the words; these have some. */
            partial: boolean;
            /** @description Events that fit, on all pages. */
            total: number;
        };
        /** @description The state of every seat. */
        Seats: {
            /**
             * Format: int64
             * @description Rises when a backup was restored.
             */
            epoch: number;
            /**
             * Format: int64
             * @description Log index that it reflects.
             */
            index: number;
            /** @description One digit a seat in plan order: 0 free, 1 held, 2 sold, 3 blocked. */
            states: string;
        };
        /** @description The seats of a row: one number for all rows, or one a row from the front. */
        SeatsOfRows: number | number[];
        /** @description Places of a section by state. */
        SectionAvailability: {
            /** Format: int32 */
            blocked: number;
            /** Format: int32 */
            free: number;
            /** Format: int32 */
            held: number;
            id: string;
            name: string;
            /** Format: int32 */
            sold: number;
        };
        /** @description A section of a plan. */
        SectionSummary: {
            id: string;
            name: string;
            /**
             * Format: int32
             * @description Its places: seats and the capacity of its areas.
             */
            places: number;
        };
        /** @description The showtimes of the series, in the order of their times. */
        Series: {
            adjusted: components["schemas"]["AdjustedTime"][];
            showtimes: components["schemas"]["SeriesShowtime"][];
            /** @description Exceptions that left nothing out: perhaps they are mistyped. */
            unused_exceptions: string[];
            zone: string;
        };
        /** @description The showtimes of a run. */
        SeriesBody: {
            /**
             * Format: int32
             * @description How long each of them is.
             */
            duration_minutes?: number | null;
            /** @description Further showtimes, as wall times. */
            extra?: string[];
            rule?: components["schemas"]["SeriesRule"] | null;
            /**
             * Format: int32
             * @description Sales end so long before each begins; when it begins if absent.
             */
            sales_end_minutes_before?: number | null;
            /** @description What they have in common: a showtime's body without `starts_at`, `ends_at` and `on_sale_until`. */
            showtime: Record<string, never>;
        };
        /** @description On which days at which times. */
        SeriesRule: {
            /** @description Days (`2026-12-24`), or single showtimes (`2026-12-26T15:00`), that are left out. */
            except?: string[];
            /**
             * @description The first day.
             * @example 2026-12-01
             */
            from: string;
            /** @description Wall times of each day. */
            times: string[];
            /** @description The last day, which is one of them. */
            until: string;
            /** @description Every day if absent. */
            weekdays?: components["schemas"]["Weekday"][];
        };
        /** @description A showtime of the series. */
        SeriesShowtime: {
            ends_at?: components["schemas"]["Time"] | null;
            /** @description Absent in a preview. */
            id?: string | null;
            /** @description The wall time in its zone, with its offset. */
            local_starts_at: string;
            starts_at: components["schemas"]["Time"];
        };
        /** @description A session. */
        Session: {
            began_at: components["schemas"]["Time"];
            /** @description Whether it is the one that asks. */
            current: boolean;
            /** @description What the browser calls itself. */
            device: string;
            ends_at: components["schemas"]["Time"];
            id: string;
        };
        /** @description The sessions of a user. */
        Sessions: {
            items: components["schemas"]["Session"][];
        };
        /** @description A showtime. */
        Showtime: {
            created_at: components["schemas"]["Time"];
            ends_at?: components["schemas"]["Time"] | null;
            event: string;
            /** @description Fees besides those of the tiers. */
            fees?: components["schemas"]["Fee"][];
            /** Format: int32 */
            hold_ttl_seconds?: number;
            id: string;
            local_ends_at?: string | null;
            /**
             * @description The wall time at which it begins in its zone, with its offset.
             * @example 2026-12-24T19:30:00+01:00
             */
            local_starts_at: string;
            /** Format: int32 */
            max_extensions?: number;
            /** Format: int32 */
            max_places_per_order?: number;
            moved_from?: components["schemas"]["Time"] | null;
            on_sale_from?: components["schemas"]["Time"] | null;
            on_sale_until?: components["schemas"]["Time"] | null;
            organization: string;
            orphan_rule?: components["schemas"]["OrphanRule"];
            /**
             * Format: int32
             * @description The rule holds until so many per cent of the places are held or sold; 100: to the end.
             */
            orphan_rule_until_percent?: number;
            /**
             * Format: int32
             * @description Time for paying an order, during which its places are kept.
             */
            payment_time_seconds?: number;
            /**
             * @description The seating plan version. A showtime without seats needs none: it names `venue` and `areas` instead when it is
             *     made, and a plan is made with it, one for all showtimes with the same areas.
             */
            plan?: string | null;
            /** @description At least one; all in one currency. */
            price_tiers: components["schemas"]["PriceTier"][];
            /** @description What tickets cost now, all fees and taxes in it, tier by tier. */
            prices: components["schemas"]["TierPrices"][];
            /** @description Why it was cancelled, postponed or moved, for buyers. */
            reason?: string;
            starts_at: components["schemas"]["Time"];
            state?: components["schemas"]["ShowtimeState"];
            taxes?: components["schemas"]["Tax"][];
            /** @description Where it plays. */
            venue?: string | null;
            /** @description IANA time zone; the venue's if absent. */
            zone?: string | null;
        };
        /** @description What staff say of a showtime. */
        ShowtimeBody: {
            ends_at?: components["schemas"]["Time"] | null;
            /** @description Fees besides those of the tiers. */
            fees?: components["schemas"]["Fee"][];
            /** Format: int32 */
            hold_ttl_seconds?: number;
            /** Format: int32 */
            max_extensions?: number;
            /** Format: int32 */
            max_places_per_order?: number;
            on_sale_from?: components["schemas"]["Time"] | null;
            on_sale_until?: components["schemas"]["Time"] | null;
            orphan_rule?: components["schemas"]["OrphanRule"];
            /**
             * Format: int32
             * @description The rule holds until so many per cent of the places are held or sold; 100: to the end.
             */
            orphan_rule_until_percent?: number;
            /**
             * Format: int32
             * @description Time for paying an order, during which its places are kept.
             */
            payment_time_seconds?: number;
            /**
             * @description The seating plan version. A showtime without seats needs none: it names `venue` and `areas` instead when it is
             *     made, and a plan is made with it, one for all showtimes with the same areas.
             */
            plan?: string | null;
            /** @description At least one; all in one currency. */
            price_tiers: components["schemas"]["PriceTier"][];
            /** @description Why it was cancelled, postponed or moved, for buyers. */
            reason?: string;
            starts_at: components["schemas"]["Time"];
            state?: components["schemas"]["ShowtimeState"];
            taxes?: components["schemas"]["Tax"][];
            /** @description IANA time zone; the venue's if absent. */
            zone?: string | null;
        };
        /** @description What staff say of a showtime. */
        ShowtimePatch: {
            ends_at?: components["schemas"]["Time"] | null;
            /** @description Fees besides those of the tiers. */
            fees?: components["schemas"]["Fee"][];
            /** Format: int32 */
            hold_ttl_seconds?: number;
            /** Format: int32 */
            max_extensions?: number;
            /** Format: int32 */
            max_places_per_order?: number;
            on_sale_from?: components["schemas"]["Time"] | null;
            on_sale_until?: components["schemas"]["Time"] | null;
            orphan_rule?: components["schemas"]["OrphanRule"];
            /**
             * Format: int32
             * @description The rule holds until so many per cent of the places are held or sold; 100: to the end.
             */
            orphan_rule_until_percent?: number;
            /**
             * Format: int32
             * @description Time for paying an order, during which its places are kept.
             */
            payment_time_seconds?: number;
            /**
             * @description The seating plan version. A showtime without seats needs none: it names `venue` and `areas` instead when it is
             *     made, and a plan is made with it, one for all showtimes with the same areas.
             */
            plan?: string | null;
            /** @description At least one; all in one currency. */
            price_tiers?: components["schemas"]["PriceTier"][];
            /** @description Why it was cancelled, postponed or moved, for buyers. */
            reason?: string;
            starts_at?: components["schemas"]["Time"];
            state?: components["schemas"]["ShowtimeState"];
            taxes?: components["schemas"]["Tax"][];
            /** @description IANA time zone; the venue's if absent. */
            zone?: string | null;
        };
        /** @description How far the refunds of a showtime have come. */
        ShowtimeRefunds: {
            done_at?: components["schemas"]["Time"] | null;
            keep_fees: boolean;
            /** @description Refunds of its orders by how far the money is. */
            money: components["schemas"]["RefundsByState"];
            /**
             * Format: int32
             * @description Orders that were refunded so far, and tickets of them.
             */
            orders: number;
            /** @description Orders whose turn is still to come, as far as they were counted (20,000). */
            orders_left: number;
            since: components["schemas"]["Time"];
            /** @description `running`, or `done` once every order had its turn; some of the money may be on its way still. */
            state: string;
            /** Format: int32 */
            tickets: number;
        };
        /**
         * @description The life of a showtime: `draft` (staff only), `on_sale` (once its event is published, too), `closed`, `cancelled`,
         *     `postponed` (not sold until it has a new time and is on sale again).
         * @enum {string}
         */
        ShowtimeState: "draft" | "on_sale" | "closed" | "cancelled" | "postponed";
        /** @description Who signs in. */
        SignInBody: {
            email: string;
            password: string;
        };
        /** @description What is special about some seats. */
        SpecialBody: {
            /** @description Of `wheelchair`, `companion`, `restricted_view`, `aisle`. */
            attributes: string[];
            /** @description Label of the row. */
            row: string;
            /** @description Numbers of the seats. */
            seats: string[];
        };
        /** @description A suggestion. */
        Suggestion: {
            /** @description The event, if it is a title. */
            event?: string | null;
            /**
             * Format: int32
             * @description Events that have it.
             */
            events: number;
            kind: components["schemas"]["SuggestionKind"];
            text: string;
        };
        /**
         * @description What is suggested.
         * @enum {string}
         */
        SuggestionKind: "title" | "venue" | "city" | "category";
        /** @description Suggestions, the likeliest first. */
        Suggestions: {
            items: components["schemas"]["Suggestion"][];
        };
        /** @description It was taken down. */
        TakenJson: {
            /** @description Whether it is of an order of this cluster. */
            known: boolean;
        };
        /** @description A duty in the outside world. */
        Task: {
            /** @description `create_intent`, `capture`, `settle` (find out whether money was promised before cancelling), `void` or `refund`. */
            duty: string;
            id: string;
            order: string;
            refund?: string | null;
            since: components["schemas"]["Time"];
            trouble?: components["schemas"]["TaskTrouble"] | null;
        };
        /** @description Why a task is not done yet. */
        TaskTrouble: {
            /** @description Whether it is no longer tried: retry it, or resolve it. */
            for_good: boolean;
            since: components["schemas"]["Time"];
            why: string;
        };
        /** @description A tax. Those on tickets are all included in prices or all on top of them, and so are those on fees. */
        Tax: {
            /**
             * Format: int32
             * @description Its rate in hundredths of a per cent.
             * @example 1900
             */
            basis_points: number;
            /** @description Whether prices and fees contain it; else it comes on top. */
            included?: boolean;
            /**
             * @description What receipts call it; unique in the showtime.
             * @example VAT
             */
            name: string;
            /** @description What it is on; on both if absent. */
            on?: components["schemas"]["Taxed"][];
        };
        /**
         * @description What is taxed.
         * @enum {string}
         */
        Taxed: "tickets" | "fees";
        /** @description A piece of a text, as it is: whoever puts it into a page escapes it. The pieces of a text follow one another. */
        TextPiece: {
            /** @description Whether it is what was asked for. */
            found: boolean;
            text: string;
        };
        /** @description The node that answers. */
        ThisNode: {
            /** Format: int64 */
            applied: number;
            /** Format: int64 */
            committed: number;
            /** @description Why it takes no part, if it does not. */
            damaged?: string | null;
            id: string;
            /** Format: int64 */
            last_log: number;
            /**
             * Format: int64
             * @description Bytes of its log.
             */
            log_bytes: number;
            /**
             * Format: int32
             * @description Version of the peer protocol.
             */
            protocol: number;
            /**
             * Format: int64
             * @description Its log begins after this index; 0 if it has all of it.
             */
            purged: number;
            role: string;
            /**
             * Format: int32
             * @description The newest rules version that this node's program knows.
             */
            rules_known: number;
            /**
             * Format: int32
             * @description Rules version in force here. It rises by itself once every member knows a newer one.
             */
            rules_version: number;
            /**
             * Format: int64
             * @description Index of its newest snapshot; 0 if it has none.
             */
            snapshot: number;
            /**
             * Format: int64
             * @description Bytes of its copy of the state on disk.
             */
            state_bytes: number;
            /** @description Version of the program. */
            version: string;
        };
        /** @description A ticket: one place of one showtime. */
        Ticket: {
            /** @description The area's id; absent for a seat. */
            area?: string | null;
            /** @description What its QR code says; only where a single ticket is read, by whoever may go in with it, and by staff who sell. */
            code?: string | null;
            event: string;
            /**
             * Format: int32
             * @description How often it was passed on: only the newest code lets anybody in.
             */
            generation: number;
            holder?: components["schemas"]["Holder"] | null;
            id: string;
            /** @description Section, row and number, or the area's name. */
            label: string;
            order: string;
            /** @description The seat's place id; absent for an area's place. */
            place?: string | null;
            showtime: string;
            starts_at: components["schemas"]["Time"];
            /** @description `valid`, or `void` once it was given back. */
            state: string;
            /** @description The ticket type's id; absent in a tier with one kind of ticket. */
            ticket_type?: string | null;
            /** @description The price tier's id. */
            tier: string;
        };
        /** @description A public key as a JSON Web Key (RFC 8037). */
        TicketKey: {
            /** @description `Ed25519`. */
            crv: string;
            /** @description Its number, as codes name it. */
            kid: string;
            /** @description `OKP`. */
            kty: string;
            /** @description `sig`. */
            use: string;
            /** @description The key, base64url. */
            x: string;
        };
        /** @description The keys whose codes doors take. */
        TicketKeys: {
            /** @description The newest first: new codes are signed with it. */
            keys: components["schemas"]["TicketKey"][];
        };
        /** @description What a ticket type costs now. */
        TicketPrice: {
            /** @description Its price now. */
            price: components["schemas"]["Money"];
            /** @description The ticket type's id; absent in a tier with one kind of ticket. */
            ticket_type?: string | null;
            /** @description What one ticket bought alone costs in the end, all fees and taxes in it. */
            total: components["schemas"]["Money"];
        };
        /** @description A kind of ticket of a tier: adult, child, concession. */
        TicketType: {
            /** @description Who may have it. */
            description?: string;
            /** @description Other prices for a time, the earliest end first. */
            early_prices?: components["schemas"]["EarlyPrice"][];
            /** @description Seen by staff only, and sold only by them or with a voucher that unlocks it. */
            hidden?: boolean;
            /**
             * @description Unique in the tier; names the type in holds.
             * @example child
             */
            id: string;
            /**
             * Format: int32
             * @description Most tickets of it in a hold, and in all holds of an order together.
             */
            max_per_order?: number;
            /**
             * Format: int32
             * @description Fewest tickets of it in a hold that has any.
             */
            min_per_order?: number;
            /** @example Children up to 14 */
            name: string;
            price: components["schemas"]["Money"];
        };
        /** @description Places of a tier by state, and what they cost. */
        TierAvailability: {
            /** Format: int32 */
            blocked: number;
            /** Format: int32 */
            free: number;
            from?: components["schemas"]["Money"] | null;
            /** Format: int32 */
            held: number;
            id: string;
            name: string;
            /** Format: int32 */
            sold: number;
            to?: components["schemas"]["Money"] | null;
        };
        /** @description What tickets of a tier cost now. */
        TierPrices: {
            from?: components["schemas"]["Money"] | null;
            ticket_types: components["schemas"]["TicketPrice"][];
            /** @description The tier's id. */
            tier: string;
            to?: components["schemas"]["Money"] | null;
        };
        /**
         * Format: date-time
         * @description A moment, in ms since 1970.
         * @example 2026-12-24T18:00:00Z
         */
        Time: string;
        /** @description To whom a ticket is passed on. */
        TransferBody: {
            email?: string;
            name: string;
        };
        /** @description A number of tickets of one type. */
        TypeBody: {
            /** @description The ticket type's id. */
            id: string;
            /** Format: int32 */
            quantity: number;
        };
        /** @description Scans of a door that was offline, in any order. */
        UploadBody: {
            scans: components["schemas"]["LateScan"][];
        };
        /** @description What became of an upload. */
        Uploaded: {
            /** @description Of them, those by which somebody was let through who should not have been. */
            conflicts: number;
            /** @description Of them, those that are not recorded. To upload them again as they are is of no use. */
            refused: number;
            /** @description In the order in which they were uploaded. */
            scans: components["schemas"]["UploadedScan"][];
        };
        /** @description What became of an uploaded scan. */
        UploadedScan: {
            /** @description Where. */
            gate?: string | null;
            /** @description Its id; null if it has none that can be read. */
            id?: string | null;
            /** @description Whether all is well. If not, somebody was let through who should not have been, or it was refused. */
            ok: boolean;
            since?: components["schemas"]["Time"] | null;
            /**
             * @description As of a scan; `let_in_since`: it was right, but another door let somebody in with the ticket after it was made and
             *     before it was brought in; `refused`: it is not recorded, see `why`.
             */
            verdict: string;
            /** @description Why it was refused. */
            why?: string | null;
        };
        /** @description An area with held, sold or blocked places that cannot go over. */
        UsedArea: {
            id: string;
            label: string;
            /**
             * Format: int32
             * @description Places that are held, sold or blocked.
             */
            used: number;
        };
        /** @description A place that is held, sold or blocked, and where it goes. */
        UsedPlace: {
            /** @description Its id in the plan that the showtime has. */
            id: string;
            label: string;
            /** @description `held`, `sold`, `blocked`. */
            state: string;
            /** @description Its id in the other plan. */
            to?: string | null;
            /** @description Its label in the other plan. */
            to_label?: string | null;
        };
        /** @description A venue. */
        Venue: {
            /** @description Street and number. */
            address?: string;
            city?: string;
            /** @description ISO 3166 code of two capital letters, or empty. */
            country?: string;
            created_at: components["schemas"]["Time"];
            geo?: components["schemas"]["Geo"] | null;
            id: string;
            name: string;
            organization: string;
            /**
             * @description IANA time zone.
             * @example Europe/Berlin
             */
            zone: string;
        };
        /** @description What staff say of a venue. */
        VenueBody: {
            /** @description Street and number. */
            address?: string;
            city?: string;
            /** @description ISO 3166 code of two capital letters, or empty. */
            country?: string;
            geo?: components["schemas"]["Geo"] | null;
            name: string;
            /**
             * @description IANA time zone.
             * @example Europe/Berlin
             */
            zone: string;
        };
        /** @description What staff say of a venue. */
        VenuePatch: {
            /** @description Street and number. */
            address?: string;
            city?: string;
            /** @description ISO 3166 code of two capital letters, or empty. */
            country?: string;
            geo?: components["schemas"]["Geo"] | null;
            name?: string;
            /**
             * @description IANA time zone.
             * @example Europe/Berlin
             */
            zone?: string;
        };
        /**
         * @description Who comes across a published event: everybody (`public`), or those who know its address (`unlisted`).
         * @enum {string}
         */
        Visibility: "public" | "unlisted";
        /** @description A voucher. */
        Voucher: {
            /** @description The block that its bearer may hold places of. */
            block?: string | null;
            /**
             * @description What its bearer types in, whatever the case of its letters: 3 to 32 of A–Z, 0–9, `-`, `_`. Drawn if absent. It
             *     cannot change.
             * @example SUMMER-26
             */
            code?: string | null;
            created_at: components["schemas"]["Time"];
            discount?: components["schemas"]["Discount"] | null;
            /** @description It was deleted after it had been used. */
            ended: boolean;
            /** @description Only at showtimes of these events. */
            events?: string[];
            id: string;
            /**
             * Format: int32
             * @description How many tickets one use covers: the first ones asked for.
             */
            max_tickets?: number | null;
            /**
             * Format: int32
             * @description How many holds and orders may use it.
             */
            max_uses?: number | null;
            /**
             * Format: int32
             * @description How many times one buyer may use it: told apart in orders, by e-mail address.
             */
            max_uses_per_buyer?: number | null;
            /** @description What it is for; staff see it. */
            note?: string;
            organization: string;
            /** @description Only at these showtimes, besides those of `events`. */
            showtimes?: string[];
            /** @description Only for ticket types with these ids. */
            ticket_types?: string[];
            /** @description Only for places of price tiers with these ids. */
            tiers?: string[];
            /** @description Whether hidden ticket types among those are sold to its bearer. */
            unlocks_hidden?: boolean;
            uses: components["schemas"]["VoucherUses"];
            valid_from?: components["schemas"]["Time"] | null;
            valid_until?: components["schemas"]["Time"] | null;
        };
        /** @description What staff say of a voucher. Empty lists do not narrow it. */
        VoucherBody: {
            /** @description The block that its bearer may hold places of. */
            block?: string | null;
            /**
             * @description What its bearer types in, whatever the case of its letters: 3 to 32 of A–Z, 0–9, `-`, `_`. Drawn if absent. It
             *     cannot change.
             * @example SUMMER-26
             */
            code?: string | null;
            discount?: components["schemas"]["Discount"] | null;
            /** @description Only at showtimes of these events. */
            events?: string[];
            /**
             * Format: int32
             * @description How many tickets one use covers: the first ones asked for.
             */
            max_tickets?: number | null;
            /**
             * Format: int32
             * @description How many holds and orders may use it.
             */
            max_uses?: number | null;
            /**
             * Format: int32
             * @description How many times one buyer may use it: told apart in orders, by e-mail address.
             */
            max_uses_per_buyer?: number | null;
            /** @description What it is for; staff see it. */
            note?: string;
            /** @description Only at these showtimes, besides those of `events`. */
            showtimes?: string[];
            /** @description Only for ticket types with these ids. */
            ticket_types?: string[];
            /** @description Only for places of price tiers with these ids. */
            tiers?: string[];
            /** @description Whether hidden ticket types among those are sold to its bearer. */
            unlocks_hidden?: boolean;
            valid_from?: components["schemas"]["Time"] | null;
            valid_until?: components["schemas"]["Time"] | null;
        };
        /** @description A voucher's id and code. */
        VoucherCode: {
            code: string;
            id: string;
        };
        /** @description What staff say of a voucher. Empty lists do not narrow it. */
        VoucherPatch: {
            /** @description The block that its bearer may hold places of. */
            block?: string | null;
            /**
             * @description What its bearer types in, whatever the case of its letters: 3 to 32 of A–Z, 0–9, `-`, `_`. Drawn if absent. It
             *     cannot change.
             * @example SUMMER-26
             */
            code?: string | null;
            discount?: components["schemas"]["Discount"] | null;
            /** @description Only at showtimes of these events. */
            events?: string[];
            /**
             * Format: int32
             * @description How many tickets one use covers: the first ones asked for.
             */
            max_tickets?: number | null;
            /**
             * Format: int32
             * @description How many holds and orders may use it.
             */
            max_uses?: number | null;
            /**
             * Format: int32
             * @description How many times one buyer may use it: told apart in orders, by e-mail address.
             */
            max_uses_per_buyer?: number | null;
            /** @description What it is for; staff see it. */
            note?: string;
            /** @description Only at these showtimes, besides those of `events`. */
            showtimes?: string[];
            /** @description Only for ticket types with these ids. */
            ticket_types?: string[];
            /** @description Only for places of price tiers with these ids. */
            tiers?: string[];
            /** @description Whether hidden ticket types among those are sold to its bearer. */
            unlocks_hidden?: boolean;
            valid_from?: components["schemas"]["Time"] | null;
            valid_until?: components["schemas"]["Time"] | null;
        };
        /** @description How often a voucher is used. */
        VoucherUses: {
            /**
             * Format: int32
             * @description By active holds: given back when they end without an order.
             */
            held: number;
            /**
             * Format: int32
             * @description What is left; absent without a limit.
             */
            left?: number | null;
            /**
             * Format: int32
             * @description By orders.
             */
            ordered: number;
        };
        /** @description Vouchers that were made together. */
        Vouchers: {
            items: components["schemas"]["VoucherCode"][];
        };
        /** @description How the document tells of [`Wanted`]. */
        WantedPlace: string | components["schemas"]["PlaceAsType"];
        /**
         * @description Which way somebody goes.
         * @enum {string}
         */
        Way: "in" | "out";
        /**
         * @description A day of the week.
         * @enum {string}
         */
        Weekday: "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";
    };
    responses: never;
    parameters: {
        /** @description Taken by every operation under /api/: answer only once this log index is applied here; 503 `node-behind` after 2 s. */
        "X-Min-Log-Index": number;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    get_home: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    get_account: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    patch_account: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
                /** @description The version that you changed. After 412 read it again, decide anew and draw a new `Idempotency-Key`: under the old one you get the 412 again, whatever version you name */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountPatch"];
            };
        };
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    post_account_delete: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeleteBody"];
            };
        };
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    post_account_links: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LinkBody"];
            };
        };
        responses: {
            /** @description A link is on its way */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    post_account_links_follow: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FollowBody"];
            };
        };
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    put_account_password: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordBody"];
            };
        };
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    get_categories: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The categories in the order of the alphabet */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Category"];
                };
            };
        };
    };
    get_cluster: {
        parameters: {
            query?: never;
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cluster */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cluster"];
                };
            };
        };
    };
    post_cluster_backup: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
        };
    };
    get_cluster_digest: {
        parameters: {
            query?: {
                index?: number;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The digest */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Digest"];
                };
            };
        };
    };
    post_cluster_init: {
        parameters: {
            query?: never;
            header: {
                /** @description The cluster's secret */
                "X-Cluster-Secret": string;
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InitBody"];
            };
        };
        responses: {
            /** @description The cluster is founded */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FoundedCluster"];
                };
            };
        };
    };
    post_cluster_leader: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["LeaderBody"] | null;
            };
        };
        responses: {
            /** @description Who leads then */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LeaderJson"];
                };
            };
        };
    };
    post_cluster_nodes: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AddBody"];
            };
        };
        responses: {
            /** @description Its id */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NodeIdJson"];
                };
            };
        };
    };
    delete_cluster_nodes_node: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                node: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is out */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    post_cluster_nodes_node_promote: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                node: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It votes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NodeIdJson"];
                };
            };
        };
    };
    get_cluster_operators: {
        parameters: {
            query?: {
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of operators */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Operator"];
                };
            };
        };
    };
    put_cluster_operators_user: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The operator */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operator"];
                };
            };
        };
    };
    delete_cluster_operators_user: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No operator any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_events: {
        parameters: {
            query?: {
                organization?: string;
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Event"];
                };
            };
        };
    };
    post_events: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventBody"];
            };
        };
        responses: {
            /** @description The event */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Event"];
                };
            };
        };
    };
    get_events_event: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                event: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Event"];
                };
            };
        };
    };
    delete_events_event: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                event: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    patch_events_event: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
                /** @description The version that you changed. After 412 read it again, decide anew and draw a new `Idempotency-Key`: under the old one you get the 412 again, whatever version you name */
                "If-Match"?: string;
            };
            path: {
                /** @description Its id */
                event: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventPatch"];
            };
        };
        responses: {
            /** @description The event */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Event"];
                };
            };
        };
    };
    get_events_event_check: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                event: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The list */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventCheck"];
                };
            };
        };
    };
    get_events_event_jsonld: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                event: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description JSON-LD */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/ld+json": Record<string, never>;
                };
            };
        };
    };
    get_events_event_showtimes: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                event: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of showtimes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Showtime"];
                };
            };
        };
    };
    post_events_event_showtimes: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                event: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShowtimeBody"];
            };
        };
        responses: {
            /** @description The showtime */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Showtime"];
                };
            };
        };
    };
    post_events_event_showtimes_series: {
        parameters: {
            query?: {
                /** @description Tell, make nothing */
                preview?: boolean;
            };
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                event: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SeriesBody"];
            };
        };
        responses: {
            /** @description With `preview=true`: those that it would be */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Series"];
                };
            };
            /** @description The showtimes */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Series"];
                };
            };
        };
    };
    get_holds_hold: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                hold: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hold */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hold"];
                };
            };
        };
    };
    delete_holds_hold: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                hold: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hold as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleasedHold"];
                };
            };
        };
    };
    post_holds_hold_extend: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                hold: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hold */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hold"];
                };
            };
        };
    };
    get_images: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of pictures */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Image"];
                };
            };
        };
    };
    post_images: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "image/jpeg": number[];
                "image/png": number[];
                "image/webp": number[];
            };
        };
        responses: {
            /** @description The picture */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"];
                };
            };
        };
    };
    get_images_image: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"];
                };
            };
        };
    };
    get_keys: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of keys, without secrets */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ApiKey"];
                };
            };
        };
    };
    post_keys: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyBody"];
            };
        };
        responses: {
            /** @description The key with its secret */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
        };
    };
    delete_keys_key: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_live: {
        parameters: {
            query?: never;
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: never;
    };
    get_mails: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of letters */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Mail"];
                };
            };
        };
    };
    get_openapi_json: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    get_orders: {
        parameters: {
            query?: {
                showtime?: string;
                event?: string;
                state?: string;
                buyer?: string;
                email?: string;
                note?: string;
                placed_from?: components["schemas"]["Time"];
                placed_until?: components["schemas"]["Time"];
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of orders */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Order"];
                };
            };
        };
    };
    post_orders: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderBody"];
            };
        };
        responses: {
            /** @description The order */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
        };
    };
    get_orders_csv: {
        parameters: {
            query?: {
                showtime?: string;
                event?: string;
                state?: string;
                buyer?: string;
                email?: string;
                note?: string;
                placed_from?: components["schemas"]["Time"];
                placed_until?: components["schemas"]["Time"];
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The table */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
        };
    };
    get_orders_order: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                order: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The order */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
        };
    };
    patch_orders_order: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
                /** @description The version that you changed. After 412 read it again, decide anew and draw a new `Idempotency-Key`: under the old one you get the 412 again, whatever version you name */
                "If-Match"?: string;
            };
            path: {
                /** @description Its id */
                order: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderChange"];
            };
        };
        responses: {
            /** @description The order */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
        };
    };
    get_orders_order_calendar_ics: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                order: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description iCalendar */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/calendar": string;
                };
            };
        };
    };
    post_orders_order_cancel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                order: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["CancelBody"] | null;
            };
        };
        responses: {
            /** @description The order */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
        };
    };
    post_orders_order_refunds: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                order: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefundBody"];
            };
        };
        responses: {
            /** @description The order */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
        };
    };
    get_orders_order_tickets: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                order: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Ticket"];
                    "application/pdf": string;
                };
            };
        };
    };
    get_organizations: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of organizations */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Organization"];
                };
            };
        };
    };
    post_organizations: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrganizationBody"];
            };
        };
        responses: {
            /** @description The organization with its first key */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
        };
    };
    get_organizations_organization_events_atom: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                organization: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Atom */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/atom+xml": string;
                };
            };
        };
    };
    get_organizations_organization_events_ics: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                organization: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description iCalendar */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/calendar": string;
                };
            };
        };
    };
    get_organizations_organization_invitations: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                organization: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of invitations */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Invitation"];
                };
            };
        };
    };
    post_organizations_organization_invitations: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                organization: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InvitationBody"];
            };
        };
        responses: {
            /** @description The invitation */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
        };
    };
    delete_organizations_organization_invitations_link: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                organization: string;
                /** @description Its id */
                link: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its link leads nowhere now */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_organizations_organization_members: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                organization: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of members */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Member"];
                };
            };
        };
    };
    delete_organizations_organization_members_user: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                organization: string;
                /** @description Its id */
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No member any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    patch_organizations_organization_members_user: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
                /** @description The version that you changed. After 412 read it again, decide anew and draw a new `Idempotency-Key`: under the old one you get the 412 again, whatever version you name */
                "If-Match"?: string;
            };
            path: {
                /** @description Its id */
                organization: string;
                /** @description Its id */
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MemberPatch"];
            };
        };
        responses: {
            /** @description The member */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
        };
    };
    "get_organizations_organization_ticket-keys": {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                organization: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The newest 16 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TicketKeys"];
                };
            };
        };
    };
    "post_organizations_organization_ticket-keys": {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                organization: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys as they are now */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TicketKeys"];
                };
            };
        };
    };
    post_payments_webhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Taken down */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TakenJson"];
                };
            };
        };
    };
    get_plans_plan: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The plan */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
        };
    };
    get_plans_plan_export: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The plan in the open form */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    get_plans_plan_geometry: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The geometry */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Geometry"];
                };
            };
        };
    };
    get_search: {
        parameters: {
            query?: {
                /** @description Words: 200 characters, 16 words at most */
                q?: string;
                /** @description Only in this city */
                city?: string;
                /** @description Only of this category */
                category?: string;
                /** @description Only with this tag */
                tag?: string;
                /** @description Only performed in this language; `de` means `de-AT` too */
                language?: string;
                /** @description Latitude and longitude in degrees, such as `48.4,9.98` */
                near?: string;
                /** @description At most so far from `near` */
                within_km?: number;
                /** @description Begins at this time or later; now if absent */
                from?: string;
                /** @description Begins before this time */
                until?: string;
                /** @description Only sold in this currency */
                currency?: string;
                /** @description Has a place that costs so much or more, fees included, in minor units of `currency` */
                price_min?: number;
                /** @description Has a place that costs so much or less */
                price_max?: number;
                /** @description Has wheelchair places; with `places`, has one free now */
                accessible?: boolean;
                /** @description On sale now with so many places free together: side by side, or in one area */
                places?: number;
                /** @description `relevance` (the default; the earliest without words), `date`, `distance` (with `near`), `price` (with `currency`) */
                sort?: string;
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before, with all other parameters but `limit` the same */
                cursor?: string;
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SearchResult"];
                };
            };
        };
    };
    get_search_suggestions: {
        parameters: {
            query?: {
                /** @description What was typed: 200 characters, 16 words at most */
                q?: string;
                /** @description Most suggestions */
                limit?: number;
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Suggestions */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Suggestions"];
                };
            };
        };
    };
    get_sessions: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All sessions, the oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sessions"];
                };
            };
        };
    };
    post_sessions: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInBody"];
            };
        };
        responses: {
            /** @description Signed in */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
        };
    };
    delete_sessions: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "post_sessions_sign-out": {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session has ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    delete_sessions_session: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_showtimes_showtime: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The showtime */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Showtime"];
                };
            };
        };
    };
    patch_showtimes_showtime: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
                /** @description The version that you changed. After 412 read it again, decide anew and draw a new `Idempotency-Key`: under the old one you get the 412 again, whatever version you name */
                "If-Match"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShowtimePatch"];
            };
        };
        responses: {
            /** @description The showtime */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Showtime"];
                };
            };
        };
    };
    get_showtimes_showtime_attendance: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Counts, exact at the index */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Attendance"];
                };
            };
        };
    };
    get_showtimes_showtime_availability: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The counts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Availability"];
                };
            };
        };
    };
    get_showtimes_showtime_blocks: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of blocks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Block"];
                };
            };
        };
    };
    post_showtimes_showtime_blocks: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BlockBody"];
            };
        };
        responses: {
            /** @description The block */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Block"];
                };
            };
        };
    };
    delete_showtimes_showtime_blocks_block: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
                /** @description Its id */
                block: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Given back */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "get_showtimes_showtime_door-list": {
        parameters: {
            query?: {
                cursor?: string;
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tickets */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DoorList"];
                };
            };
        };
    };
    post_showtimes_showtime_holds: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HoldBody"];
            };
        };
        responses: {
            /** @description The hold */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hold"];
                };
            };
        };
    };
    post_showtimes_showtime_plan: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MoveBody"];
            };
        };
        responses: {
            /** @description The showtime; with `dry_run` what it would do */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanMoved"];
                };
            };
        };
    };
    get_showtimes_showtime_refunds: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How far it is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShowtimeRefunds"];
                };
            };
        };
    };
    post_showtimes_showtime_refunds: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefundsBody"];
            };
        };
        responses: {
            /** @description How far it is */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShowtimeRefunds"];
                };
            };
        };
    };
    post_showtimes_showtime_scans: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ScanBody"];
            };
        };
        responses: {
            /** @description What was found */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Scanned"];
                };
            };
        };
    };
    post_showtimes_showtime_scans_upload: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UploadBody"];
            };
        };
        responses: {
            /** @description What became of each */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Uploaded"];
                };
            };
        };
    };
    get_showtimes_showtime_seats: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                showtime: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The states */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Seats"];
                    "application/vnd.usher.seats": string;
                };
            };
        };
    };
    get_tasks: {
        parameters: {
            query?: {
                state?: string;
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tasks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Task"];
                };
            };
        };
    };
    post_tasks_task_resolve: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                task: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResolveBody"];
            };
        };
        responses: {
            /** @description The task as it was */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
        };
    };
    post_tasks_task_retry: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                task: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The task */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
        };
    };
    get_tickets_ticket: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                ticket: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The ticket */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"];
                    "application/pdf": string;
                    "image/svg+xml": string;
                };
            };
        };
    };
    get_tickets_ticket_scans: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                ticket: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All that are kept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_RecordedScan"];
                };
            };
        };
    };
    post_tickets_ticket_transfer: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                ticket: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TransferBody"];
            };
        };
        responses: {
            /** @description Its order */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PassedOn"];
                };
            };
        };
    };
    get_venues: {
        parameters: {
            query?: {
                organization?: string;
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of venues */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Venue"];
                };
            };
        };
    };
    post_venues: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VenueBody"];
            };
        };
        responses: {
            /** @description The venue */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Venue"];
                };
            };
        };
    };
    get_venues_venue: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                venue: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The venue */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Venue"];
                };
            };
        };
    };
    delete_venues_venue: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                venue: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    patch_venues_venue: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
                /** @description The version that you changed. After 412 read it again, decide anew and draw a new `Idempotency-Key`: under the old one you get the 412 again, whatever version you name */
                "If-Match"?: string;
            };
            path: {
                /** @description Its id */
                venue: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VenuePatch"];
            };
        };
        responses: {
            /** @description The venue */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Venue"];
                };
            };
        };
    };
    get_venues_venue_plans: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                venue: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of plans */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Plan"];
                };
            };
        };
    };
    post_venues_venue_plans: {
        parameters: {
            query?: {
                /** @description Check and tell, store nothing */
                preview?: boolean;
                /** @description What a plan from CSV is called */
                name?: string;
            };
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                venue: string;
            };
            cookie?: never;
        };
        /** @description A seating plan */
        requestBody: {
            content: {
                "application/json": Record<string, never>;
                "text/csv": string;
            };
        };
        responses: {
            /** @description With `preview=true`: the plan that it would be */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description The plan */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
        };
    };
    post_venues_venue_plans_generate: {
        parameters: {
            query?: {
                /** @description Check and tell, store nothing */
                preview?: boolean;
            };
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                venue: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GeneratedPlan"];
            };
        };
        responses: {
            /** @description With `preview=true`: the plan that it would be */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description The plan */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
        };
    };
    get_vouchers: {
        parameters: {
            query?: {
                code?: string;
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
                /** @description Most items of the page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: string;
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of vouchers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Voucher"];
                };
            };
        };
    };
    post_vouchers: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VoucherBody"];
            };
        };
        responses: {
            /** @description The voucher */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Voucher"];
                };
            };
        };
    };
    post_vouchers_bulk: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkBody"];
            };
        };
        responses: {
            /** @description Their ids and codes */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vouchers"];
                };
            };
        };
    };
    get_vouchers_voucher: {
        parameters: {
            query?: {
                /** @description How fresh the answer must be */
                consistency?: "local" | "linearizable";
            };
            header?: {
                /** @description ETags that you have */
                "If-None-Match"?: string;
            };
            path: {
                /** @description Its id */
                voucher: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The voucher */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Voucher"];
                };
            };
        };
    };
    delete_vouchers_voucher: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Its id */
                voucher: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    patch_vouchers_voucher: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes repeats of the request (same method, path and body, whatever the headers) happen once and give the first answer again, refusals too; at least 16 characters without a token */
                "Idempotency-Key"?: string;
                /** @description The version that you changed. After 412 read it again, decide anew and draw a new `Idempotency-Key`: under the old one you get the 412 again, whatever version you name */
                "If-Match"?: string;
            };
            path: {
                /** @description Its id */
                voucher: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VoucherPatch"];
            };
        };
        responses: {
            /** @description The voucher */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Voucher"];
                };
            };
        };
    };
    get_docs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    get_docs_js: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A program */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/javascript": string;
                };
            };
        };
    };
    get_page_events_event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                event: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    get_healthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    get_images_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                file: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The picture */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": number[];
                };
            };
        };
    };
    get_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Prometheus text */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    get_problems_code: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    get_readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It may */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    get_sitemap_xml: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A sitemap */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/xml": string;
                };
            };
        };
    };
    get_style_css: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A style sheet */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/css": string;
                };
            };
        };
    };
}
