import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { queries } from '../../../api/queries'
import { Button } from '../../../kit/button'
import { Code } from '../../../kit/copy'
import { Search } from '../../../kit/fields'
import { count, duration } from '../../../kit/figures'
import { Problem, Skeleton } from '../../../kit/loaded'
import { Empty, Muted, useTitle } from '../../../kit/page'
import { Pulse } from '../../../kit/pulse'
import { isShortcut } from '../../../kit/shortcuts'
import { toast } from '../../../kit/toast'
import { sourceQuery } from '../data'
import { Composer } from './debugger/composer'
import { messageQuery, type Opened } from './debugger/data'
import css from './debugger/debugger.module.css'
import { Detail, type DetailTab, TABS } from './debugger/detail'
import { Filters } from './debugger/filters'
import { List } from './debugger/list'
import { shell, snippet, type Target } from './debugger/snippets'
import { summaryOf, useViewer } from './debugger/viewer'
import { narrowBy, narrowed, parseWords, toQuery, writeWords } from './debugger/words'

const route = getRouteApi('/w/$ws/sources/$source/debugger')
const UTC = 'headwater-utc'

/** What arrives, as it arrives. */
export function Debugger() {
  const { ws, source } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  useTitle('Debugger', source, ws)

  const words = search.q ?? ''
  const filter = useMemo(() => parseWords(words), [words])
  const query = useMemo(() => toQuery(filter), [filter])
  const { store, snapshot, looking, lookBack, goLive, forgetNewest, full, reconnect } = useViewer(
    ws,
    source,
    query,
    search.at,
  )
  const about = useQuery(sourceQuery(ws, source))
  const writeKey = about.data?.source.writeKeys[0]
  const target: Target = useMemo(
    () => ({ host: location.origin, writeKey: writeKey ?? 'YOUR_WRITE_KEY' }),
    [writeKey],
  )

  const [utc, setUtc] = useState(() => localStorage.getItem(UTC) === 'utc')
  const [filtersOpen, setFiltersOpen] = useState(false)
  const [composing, setComposing] = useState<Opened | 'new' | null>(null)
  const [top, setTop] = useState(0)
  const narrow = useNarrow()
  const frame = useRef<HTMLDivElement>(null)
  const height = useHeight(frame)

  const at = search.at
  const tab: DetailTab = TABS.find((each) => each === search.tab) ?? 'pretty'
  const open = useCallback(
    (position: string) => {
      store.pause()
      void navigate({
        search: (last) => ({ ...last, at: position }),
        // Back closes the detail; it does not walk through everything that was looked at.
        replace: at !== undefined,
      })
    },
    [navigate, store, at],
  )
  const close = useCallback(() => {
    void navigate({ search: ({ at: _, tab: __, ...last }) => last, replace: true })
  }, [navigate])
  const setWords = useCallback(
    (q: string) =>
      void navigate({ search: ({ q: _, ...last }) => (q ? { ...last, q } : last), replace: true }),
    [navigate],
  )
  const setTab = useCallback(
    (next: DetailTab) =>
      void navigate({
        search: ({ tab: _, ...last }) => (next === 'pretty' ? last : { ...last, tab: next }),
        replace: true,
      }),
    [navigate],
  )
  const narrowTo = useCallback(
    (pointer: string, value: string, written: string) => setWords(narrowBy(words, pointer, value, written)),
    [setWords, words],
  )
  const resume = useCallback(() => {
    goLive()
    setTop((value) => value + 1)
  }, [goLive])
  const link = (position: string) => {
    const address = new URL(location.href)
    address.searchParams.set('at', position)
    return address.href
  }

  const pause = useCallback(() => store.pause(), [store])
  const compose = useCallback(() => setComposing('new'), [])

  // Places of the neighbours, for the keys and the arrows of the detail.
  const { rows } = snapshot
  const place = at ? store.indexOf(at) : -1
  const newer = place >= 0 ? rows[place + 1]?.position : undefined
  const older = place > 0 ? rows[place - 1]?.position : undefined
  const walk = (to: string | undefined) => to !== undefined && open(to)

  const keys = useRef<(event: KeyboardEvent) => void>(undefined)
  keys.current = (event) => {
    if (!isShortcut(event)) return
    const onControl = event.target instanceof Element && event.target.closest('button, a, summary, label')
    const newest = rows[rows.length - 1]?.position
    switch (event.key) {
      case 'j':
      case 'ArrowDown':
        walk(at && place >= 0 ? older : newest)
        break
      case 'k':
      case 'ArrowUp':
        walk(at && place >= 0 ? newer : newest)
        break
      case 'Enter':
        if (onControl) return
        walk(at ?? newest)
        break
      case ' ':
      case 'p':
        if (onControl && event.key === ' ') return
        if (snapshot.live) store.pause()
        else resume()
        break
      case 'Escape':
        if (!at) return
        close()
        break
      case '[':
      case ']':
        if (!at) return
        setTab(TABS[(TABS.indexOf(tab) + (event.key === ']' ? 1 : TABS.length - 1)) % TABS.length]!)
        break
      case 'c':
      case 'u':
      case 'l':
        if (!at) return
        void copyOf(event.key, ws, source, at, target, link(at))
        break
      default:
        return
    }
    event.preventDefault()
  }
  useEffect(() => {
    const press = (event: KeyboardEvent) => keys.current?.(event)
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])

  // What came meanwhile, said at most every ten seconds while the list has the focus.
  const [said, setSaid] = useState('')
  useEffect(() => {
    let last = store.read()
    const timer = setInterval(() => {
      const now = store.read()
      if (frame.current?.contains(document.activeElement)) setSaid(summaryOf(last, now))
      last = now
    }, 10_000)
    return () => clearInterval(timer)
  }, [store])

  const filtered = words !== ''
  const many = narrowed(filter)

  const arrived = async (position: string) => {
    resume()
    // Selecting it pauses the list, so the row has to be there first.
    for (let tries = 0; tries < 40 && store.read().rows.at(-1)?.position !== position; tries += 1) {
      if (store.has(position)) break
      await new Promise((done) => setTimeout(done, 50))
    }
    open(position)
  }

  return (
    <div className={css.page} ref={frame} style={height ? { blockSize: height } : undefined}>
      <Bar
        hidden={narrow && at !== undefined}
        live={snapshot.live}
        words={words}
        many={many}
        filtersOpen={filtersOpen}
        canSend={writeKey !== undefined}
        utc={utc}
        onLive={resume}
        onPause={pause}
        onWords={setWords}
        onFilters={setFiltersOpen}
        onSend={compose}
        onUtc={setUtc}
      />
      {filtersOpen && !(narrow && at) && (
        <Filters filter={filter} onChange={(next) => setWords(writeWords(next))} />
      )}
      <div className={css.meter} data-hidden={(narrow && at !== undefined) || undefined}>
        <Rate pulse={snapshot.pulse} filtered={filtered} />
        <Muted>{count(rows.length)} loaded</Muted>
        {snapshot.behind && (
          <span className={css.behind}>
            behind by {count(snapshot.behind.records)}, {duration(snapshot.behind.ms)}
          </span>
        )}
        <Standing
          connection={snapshot.connection}
          reason={snapshot.reason}
          live={snapshot.live}
          retry={reconnect}
        />
      </div>
      {snapshot.gaps.length > 0 && (
        <div className={css.gap} role="alert">
          <span>
            Retention removed messages before they could be shown here: from {snapshot.gaps[0]!.from} to{' '}
            {snapshot.gaps.at(-1)!.to}.
          </span>
          <Button
            small
            onClick={() => {
              store.forgetGaps()
              store.forgetNewest(0)
              resume()
            }}
          >
            Read again from the log
          </Button>
          <Button small look="quiet" onClick={() => store.forgetGaps()}>
            Dismiss
          </Button>
        </div>
      )}
      <div className={css.split} data-open={at !== undefined || undefined}>
        <section className={css.pane} aria-label="Stream of messages">
          {(snapshot.fresh > 0 || snapshot.detached) && !snapshot.live && (
            <button type="button" className={css.pill} onClick={resume}>
              ↑ {snapshot.detached ? 'Go to the newest' : `${count(snapshot.fresh)} new`}
              {snapshot.freshFaulty > 0 &&
                !snapshot.detached &&
                `, ${count(snapshot.freshFaulty)} not accepted`}
            </button>
          )}
          {!snapshot.started && rows.length === 0 ? (
            <div className={css.pad}>
              <Skeleton rows={8} />
            </div>
          ) : rows.length === 0 ? (
            <Nothing
              filtered={filtered}
              complete={snapshot.complete}
              looking={looking}
              target={target}
              onClear={() => setWords('')}
              onLook={lookBack}
            />
          ) : (
            <List
              snapshot={snapshot}
              selected={at}
              utc={utc}
              narrow={narrow}
              top={top}
              onOpen={open}
              onLeaveTop={pause}
              onEnd={looking.barren || looking.error || full ? NOT_NOW : lookBack}
              end={
                <div className={css.end}>
                  {looking.error ? (
                    <Problem error={looking.error} retry={lookBack} />
                  ) : full ? (
                    <Button small onClick={forgetNewest}>
                      Go further back from here
                    </Button>
                  ) : snapshot.complete ? (
                    <Muted>The beginning of what is kept</Muted>
                  ) : looking.barren ? (
                    <Button small onClick={lookBack}>
                      Nothing so far: look further back
                    </Button>
                  ) : (
                    rows.length > 0 && <Muted>{looking.busy ? 'Reading the log…' : ' '}</Muted>
                  )}
                </div>
              }
            />
          )}
        </section>
        {at !== undefined && (
          <section className={css.detail} aria-label="Message">
            <Detail
              key={`${ws} ${source}`}
              ws={ws}
              source={source}
              position={at}
              tab={tab}
              utc={utc}
              target={target}
              link={link(at)}
              newer={newer}
              older={older}
              onOpen={open}
              onTab={setTab}
              onClose={close}
              onNarrow={narrowTo}
              onResend={writeKey ? setComposing : undefined}
            />
          </section>
        )}
      </div>
      <p className={css.said} role="status">
        {said}
      </p>
      {composing && writeKey && (
        <Composer
          message={composing === 'new' ? null : composing.json}
          writeKey={writeKey}
          onClose={() => setComposing(null)}
          onArrived={arrived}
        />
      )}
    </div>
  )
}

const NOT_NOW = () => {}

/** What is done to the stream as a whole. Drawn only when it changes, not with every row. */
const Bar = memo(function Bar({
  hidden,
  live,
  words,
  many,
  filtersOpen,
  canSend,
  utc,
  onLive,
  onPause,
  onWords,
  onFilters,
  onSend,
  onUtc,
}: {
  hidden: boolean
  live: boolean
  words: string
  /** How many filters there are. */
  many: number
  filtersOpen: boolean
  canSend: boolean
  utc: boolean
  onLive: () => void
  onPause: () => void
  onWords: (words: string) => void
  onFilters: (open: boolean) => void
  onSend: () => void
  onUtc: (utc: boolean) => void
}) {
  return (
    <div className={css.bar} data-hidden={hidden || undefined}>
      <div className={css.live} role="group" aria-label="Stream">
        <button type="button" aria-pressed={live} onClick={onLive}>
          <span className={css.dot} aria-hidden /> Live
        </button>
        <button type="button" aria-pressed={!live} onClick={onPause}>
          Pause
        </button>
      </div>
      <WordsBox words={words} onChange={onWords} />
      <Button
        small
        aria-expanded={filtersOpen}
        aria-controls="filters"
        onClick={() => onFilters(!filtersOpen)}
      >
        Filters{many > 0 ? ` ${many}` : ''}
      </Button>
      <Button
        small
        disabled={!canSend}
        title={canSend ? undefined : 'Only people who see the write key of this source can send to it'}
        onClick={onSend}
      >
        Send a message
      </Button>
      <div className={css.zone} role="group" aria-label="Time zone">
        {(['Local', 'UTC'] as const).map((zone) => (
          <button
            key={zone}
            type="button"
            aria-pressed={(zone === 'UTC') === utc}
            onClick={() => {
              localStorage.setItem(UTC, zone.toLowerCase())
              onUtc(zone === 'UTC')
            }}
          >
            {zone}
          </button>
        ))}
      </div>
    </div>
  )
})

/** How many come in a second, now and over the last minute. */
const Rate = memo(function Rate({ pulse, filtered }: { pulse: readonly number[]; filtered: boolean }) {
  const rate = pulse.slice(-5).reduce((sum, each) => sum + each, 0) / 5
  return (
    <>
      <span className={css.rate} title="Mean of the last five seconds">
        {rate > 0 && rate < 10 ? rate.toFixed(1) : count(Math.round(rate))}/s{filtered ? ' match' : ''}
      </span>
      <Pulse
        counts={[...pulse]}
        label={`Messages per second of the last minute, now ${Math.round(rate)}`}
        width={240}
        height={18}
      />
    </>
  )
})

/** The words that narrow the stream; they count a moment after the last key. */
function WordsBox({ words, onChange }: { words: string; onChange: (words: string) => void }) {
  const [text, setText] = useState(words)
  const sent = useRef(words)
  useEffect(() => {
    if (words !== sent.current) {
      sent.current = words
      setText(words)
    }
  }, [words])
  useEffect(() => {
    if (text === sent.current) return
    const timer = setTimeout(() => {
      sent.current = text
      onChange(text)
    }, 350)
    return () => clearTimeout(timer)
  }, [text, onChange])
  return (
    <div className={css.words}>
      <Search
        label="Search payloads, or type:track event:… user:… verdict:… id:… reason:…"
        placeholder="Search payloads, or type:track user:…"
        value={text}
        onChange={setText}
      />
    </div>
  )
}

/** How the stream stands, where there is something to say. */
function Standing({
  connection,
  reason,
  live,
  retry,
}: {
  connection: string
  reason: string | null
  live: boolean
  retry: () => void
}) {
  if (connection === 'lost' || connection === 'closed') {
    return (
      <span className={css.lost} role="alert">
        {connection === 'lost'
          ? 'The connection is lost; it is tried again by itself.'
          : `The stream has ended: ${reason}.`}{' '}
        <Button small look="quiet" onClick={retry}>
          Try now
        </Button>
      </span>
    )
  }
  return <Muted>{connection === 'open' ? (live ? 'live' : 'paused') : 'connecting'}</Muted>
}

/** Nothing to show: how to send something, or how to find something. */
function Nothing({
  filtered,
  complete,
  looking,
  target,
  onClear,
  onLook,
}: {
  filtered: boolean
  complete: boolean
  looking: { busy: boolean; error: unknown }
  target: Target
  onClear: () => void
  onLook: () => void
}) {
  // Whether anything older passes is known only by looking.
  const looked = useRef(false)
  useEffect(() => {
    if (looked.current || complete) return
    looked.current = true
    onLook()
  }, [complete, onLook])
  if (filtered) {
    return (
      <div className={css.pad}>
        <Empty title={looking.busy ? 'Looking…' : 'Nothing matches'}>
          <p>
            {complete
              ? 'Nothing that is kept matches this filter. What comes and matches is shown here.'
              : 'Nothing in the newest part of the log matches. What comes and matches is shown here.'}
          </p>
          {looking.error ? <Problem error={looking.error} retry={onLook} /> : null}
          <div className={css.inline}>
            <Button onClick={onClear}>Clear the filter</Button>
            {!complete && (
              <Button busy={looking.busy} onClick={onLook}>
                Look further back
              </Button>
            )}
          </div>
        </Empty>
      </div>
    )
  }
  const curl = `curl ${shell(`${target.host}/v1/track`)} \\\n  -u ${shell(`${target.writeKey}:`)} \\\n  -H 'content-type: application/json' \\\n  -d '{"userId":"user_1","event":"First Event","properties":{"plan":"pro"}}'`
  return (
    <div className={css.pad}>
      <Empty title="Listening for the first event">
        <p>
          Everything that this source receives is shown here the moment it arrives. Paste this into a
          terminal:
        </p>
        <div className={css.first}>
          <Code text={curl} label="cURL that sends an event" />
        </div>
      </Empty>
    </div>
  )
}

async function copyOf(key: string, ws: string, source: string, at: string, target: Target, link: string) {
  try {
    if (key === 'l') {
      await navigator.clipboard.writeText(link)
      toast('Copied the link')
      return
    }
    const { text, json } = await queries.ensureQueryData(messageQuery(ws, source, at))
    const copied = key === 'c' ? text : json && snippet('cURL', json, target)
    if (!copied) return
    await navigator.clipboard.writeText(copied)
    toast(key === 'c' ? 'Copied the JSON' : 'Copied the cURL')
  } catch {
    toast('This could not be copied; the browser or the server refused it', { bad: true })
  }
}

const NARROW = '(width < 760px)'

/** Whether list and detail are two pages. */
function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => matchMedia(NARROW).matches)
  useEffect(() => {
    const media = matchMedia(NARROW)
    const change = () => setNarrow(media.matches)
    media.addEventListener('change', change)
    return () => media.removeEventListener('change', change)
  }, [])
  return narrow
}

/** The room below what stands above: the panes scroll, the page does not. */
function useHeight(box: React.RefObject<HTMLDivElement | null>): number | undefined {
  const [height, setHeight] = useState<number>()
  useEffect(() => {
    const measure = () => {
      if (!box.current) return
      const above = box.current.getBoundingClientRect().top + scrollY
      setHeight(Math.max(420, innerHeight - Math.round(above)))
    }
    measure()
    const watch = new ResizeObserver(measure)
    watch.observe(document.body)
    addEventListener('resize', measure)
    return () => {
      watch.disconnect()
      removeEventListener('resize', measure)
    }
  }, [box])
  return height
}
