import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { RECENT, StreamConnection } from '../../../../stream/connection'
import { HISTORY_MAX, type Snapshot, StreamStore } from '../../../../stream/store'
import { olderThan } from './data'

/** Rows of one page of older ones. */
const PAGE = 500

/** How looking further back stands. */
export interface Looking {
  busy: boolean
  error: unknown
  /** The last look found nothing, and there is more behind it. */
  barren: boolean
}

/** A source's stream and history under one filter. */
export function useViewer(
  ws: string,
  source: string,
  filter: Record<string, string>,
  at: string | undefined,
) {
  const key = JSON.stringify([ws, source, filter])
  const [round, setRound] = useState(0)
  // A new filter, or the way back to the newest, is a new store; the round only tells one from the next.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for what it was made of.
  const store = useMemo(() => new StreamStore(), [key, round])
  const snapshot = useSyncExternalStore(store.subscribe, store.read)
  const connection = useRef<StreamConnection>(undefined)
  const before = useRef<string>(undefined)
  const [looking, setLooking] = useState<Looking>(QUIET)
  const busy = useRef(false)

  useEffect(() => {
    const [ofWs, ofSource, ofFilter] = JSON.parse(key) as [string, string, Record<string, string>]
    const path = `/api/sources/${encodeURIComponent(ofSource)}/stream`
    const made = new StreamConnection(store, path, { ...ofFilter, workspace: ofWs }, RECENT)
    connection.current = made
    before.current = undefined
    busy.current = false
    setLooking(QUIET)
    return () => made.close()
  }, [store, key])

  // A link to a message shows it among its neighbours, also when it is older than what the stream begins with.
  const first = useRef(at)
  const started = snapshot.started
  useEffect(() => {
    const position = first.current
    if (!started || !position) return
    first.current = undefined
    if (store.has(position)) {
      store.pause()
      return
    }
    let over = false
    const [ofWs, ofSource, ofFilter] = JSON.parse(key) as [string, string, Record<string, string>]
    void (async () => {
      try {
        const next = (BigInt(position) + 1n).toString()
        const page = await olderThan(ofWs, ofSource, ofFilter, next, PAGE)
        if (over || page.rows.length === 0) return
        before.current = page.before
        store.begin(page.rows, page.before === undefined)
      } catch {
        // The message itself says what is wrong with its place; the list stays live.
      }
    })()
    return () => {
      over = true
    }
  }, [store, started, key])

  const lookBack = useCallback(async () => {
    if (busy.current || store.read().complete) return
    busy.current = true
    setLooking({ busy: true, error: null, barren: false })
    const [ofWs, ofSource, ofFilter] = JSON.parse(key) as [string, string, Record<string, string>]
    try {
      const oldest = store.read().rows[0]?.position
      // A page that found little says how far it looked.
      const from = before.current ?? oldest
      const page = await olderThan(ofWs, ofSource, ofFilter, from, PAGE)
      if (connection.current === undefined) return
      const stillOldest = store.read().rows[0]?.position
      if (stillOldest !== oldest) {
        // The list let rows go meanwhile: what was read does not join it any more.
        before.current = undefined
      } else {
        before.current = page.before
        store.older(page.rows, page.before === undefined)
      }
      setLooking({ busy: false, error: null, barren: page.rows.length === 0 && page.before !== undefined })
    } catch (error) {
      setLooking({ busy: false, error, barren: false })
    } finally {
      busy.current = false
    }
  }, [store, key])

  // Live rows let the oldest go, and with them the place where the last page ended.
  const oldest = snapshot.rows[0]?.position
  const lastOldest = useRef(oldest)
  useEffect(() => {
    if (snapshot.live && lastOldest.current !== oldest) before.current = undefined
    lastOldest.current = oldest
  }, [oldest, snapshot.live])

  return {
    store,
    snapshot,
    looking,
    lookBack,
    /** Shows what came and goes on; begins anew where the list was not joined to the present. */
    goLive: useCallback(() => {
      if (!store.resume()) setRound((value) => value + 1)
    }, [store]),
    /** Makes room for older rows. */
    forgetNewest: useCallback(() => store.forgetNewest(), [store]),
    full: snapshot.rows.length >= HISTORY_MAX,
    reconnect: useCallback(() => connection.current?.reconnect(), []),
  }
}

const QUIET: Looking = { busy: false, error: null, barren: false }

/** What is said at most every ten seconds: how many came, and how many of them were not accepted. */
export function summaryOf(last: Snapshot, now: Snapshot): string {
  const fresh = now.fresh - last.fresh
  if (now.live || fresh <= 0) return ''
  const faulty = now.freshFaulty - last.freshFaulty
  return `${fresh} new events${faulty > 0 ? `, ${faulty} not accepted` : ''}`
}
