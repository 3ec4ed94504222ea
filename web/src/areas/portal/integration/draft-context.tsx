import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from 'react'
import { ApiFailure, api, type Fault, readTagged } from '../../../api/client'
import { toldHere } from '../../../kit/fields'
import { failureFaults } from '../../../kit/form'
import { type Info, integrationKey, integrationQuery, integrationsQuery } from '../data'
import { changed, fieldOf, tidy, withFields } from './draft'

/** How the draft stands against what the server has. */
export type Saving = 'saved' | 'waiting' | 'saving' | 'failed' | 'conflict'

interface Draft {
  info: Info
  saving: Saving
  /** When it was saved last in this visit. */
  savedAt: Date | null
  /** What is wrong, by the field that it is within. */
  faults: Fault[]
  /** Changes fields; they are saved once it has been quiet for a moment. */
  change: (part: Partial<Info>) => void
  /** Saves at once, and throws what the API says against it; the draft is then as it was. */
  save: (part: Partial<Info>) => Promise<void>
  /** Tries again what failed. */
  retry: () => void
  /** After somebody else's change: takes it, and keeps (or drops) what was typed here. */
  takeTheirs: (keep: boolean) => Promise<void>
}

const Context = createContext<Draft | null>(null)
/** Milliseconds without a change before it is saved. */
const QUIET = 600

/** One draft of an integration's catalog info for all of its pages. */
export function DraftProvider({ slug, children }: { slug: string; children: ReactNode }) {
  const client = useQueryClient()
  const server = useQuery(integrationQuery(slug)).data!
  const [info, setInfo] = useState<Info>(server.integration.info)
  const [saving, setSaving] = useState<Saving>('saved')
  const [savedAt, setSavedAt] = useState<Date | null>(null)
  const [faults, setFaults] = useState<Fault[]>([])
  // What the server has, and what is typed, for work that begins later.
  const saved = useRef<Info>(server.integration.info)
  const etag = useRef(server.etag)
  const typed = useRef<Info>(server.integration.info)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const turn = useRef<Promise<unknown>>(Promise.resolve())

  const set = useCallback((next: Info) => {
    typed.current = next
    setInfo(next)
  }, [])

  // Somebody else's version, and that of a renaming: taken as it comes while nothing is typed here.
  useEffect(() => {
    if (server.etag === etag.current) return
    if (changed(tidy(saved.current), tidy(typed.current)).length > 0) {
      const theirs = changed(saved.current, server.integration.info)
      if (theirs.length > 0) return
    } else set(server.integration.info)
    saved.current = server.integration.info
    etag.current = server.etag
  }, [server, set])

  const put = useCallback(
    async (body: Info) => {
      const { value, etag: next } = await readTagged(
        api.PUT('/integrations/{integrationId}/info', {
          params: { path: { integrationId: slug }, header: { 'If-Match': etag.current } },
          body: tidy(body) as never,
        }),
      )
      saved.current = value.integration.info
      etag.current = next
      client.setQueryData(integrationQuery(slug).queryKey, { integration: value.integration, etag: next })
      setSavedAt(new Date())
      for (const about of ['checklist', 'completeness', 'preview']) {
        void client.invalidateQueries({ queryKey: integrationKey(slug, about) })
      }
      void client.invalidateQueries({ queryKey: integrationsQuery.queryKey })
    },
    [client, slug],
  )

  /** Saves everything typed; fields that the API refuses are left out and marked, the others are saved. */
  const flush = useCallback(async () => {
    const wrong: Fault[] = []
    for (;;) {
      const bad = new Set(wrong.map((fault) => fieldOf(fault.pointer ?? '')))
      const fields = changed(tidy(saved.current), tidy(typed.current)).filter((field) => !bad.has(field))
      if (fields.length === 0) break
      setSaving('saving')
      try {
        await put(withFields(saved.current, typed.current, fields))
        break
      } catch (error) {
        if (error instanceof ApiFailure && error.status === 412) return setSaving('conflict')
        const found = failureFaults(error)
        const here = found.filter((fault) => fields.includes(fieldOf(fault.pointer ?? '')))
        wrong.push(...(here.length > 0 ? here : found))
        if (here.length === 0) break
      }
    }
    setFaults(wrong)
    setSaving(wrong.length > 0 ? 'failed' : 'saved')
  }, [put])

  // One after the other, so that each carries the version that the one before it made.
  const inTurn = useCallback(<T,>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.current.then(work, work)
    turn.current = mine.catch(() => {})
    return mine
  }, [])

  const flushSoon = useCallback(() => {
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      timer.current = undefined
      void inTurn(flush)
    }, QUIET)
  }, [flush, inTurn])

  // Typed and not saved yet: on leaving the page it is sent at once; a closing window asks first.
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (changed(tidy(saved.current), tidy(typed.current)).length > 0) event.preventDefault()
    }
    addEventListener('beforeunload', ask)
    return () => {
      removeEventListener('beforeunload', ask)
      if (timer.current === undefined) return
      clearTimeout(timer.current)
      timer.current = undefined
      void inTurn(flush)
    }
  }, [flush, inTurn])

  const draft: Draft = {
    info,
    saving,
    savedAt,
    faults,
    change: (part) => {
      set({ ...typed.current, ...part })
      if (saving === 'conflict') return
      setSaving('waiting')
      flushSoon()
    },
    save: (part) =>
      inTurn(async () => {
        await put({ ...saved.current, ...part })
        set({ ...typed.current, ...part })
        setSaving((now) => (now === 'failed' ? now : 'saved'))
      }),
    retry: () => void inTurn(flush),
    takeTheirs: (keep) =>
      inTurn(async () => {
        const mine = changed(tidy(saved.current), tidy(typed.current))
        const theirs = await client.fetchQuery({ ...integrationQuery(slug), staleTime: 0 })
        saved.current = theirs.integration.info
        etag.current = theirs.etag
        set(
          keep ? withFields(theirs.integration.info, typed.current, mine) : (theirs.integration.info as Info),
        )
        setFaults([])
        await flush()
      }),
  }
  return <Context value={draft}>{children}</Context>
}

/** The draft that the pages of an integration share. */
export function useDraft(): Draft {
  const draft = useContext(Context)
  if (!draft) throw new Error('there is no draft here')
  return draft
}

/** What the API says against a field of the draft. */
export function faultAt(faults: Fault[], pointer: string): string | undefined {
  const fault = faults.find(({ pointer: at }) => at === pointer || at?.startsWith(`${pointer}/`))
  return fault && toldHere(fault)
}
