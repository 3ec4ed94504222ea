import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { memo, type ReactNode, useState } from 'react'
import { Badge } from '../../../../kit/badge'
import { Button } from '../../../../kit/button'
import { Code, Copy, Id } from '../../../../kit/copy'
import { sentence } from '../../../../kit/fields'
import { bytes, duration } from '../../../../kit/figures'
import { Problem, Skeleton } from '../../../../kit/loaded'
import { Muted, Pairs } from '../../../../kit/page'
import { messageQuery, type Opened } from './data'
import css from './debugger.module.css'
import { Delivery } from './delivery'
import { find, pretty, raw, textAt, unquote } from './json'
import { Raw } from './raw'
import { corrected, reasonOf, violationsOf } from './reasons'
import { callGlyph, nameOf, stampOf, verdictOf } from './row'
import { LANGUAGES, type Language, snippet, type Target } from './snippets'

export const TABS = ['pretty', 'raw', 'violations', 'delivery'] as const
export type DetailTab = (typeof TABS)[number]
const LABELS: Record<DetailTab, string> = {
  pretty: 'Pretty',
  raw: 'Raw',
  violations: 'Violations',
  delivery: 'Delivery',
}

/** One message: what was sent, what became of it, where it went. */
export const Detail = memo(function Detail({
  ws,
  source,
  position,
  tab,
  utc,
  target,
  link,
  newer,
  older,
  onOpen,
  onTab,
  onClose,
  onNarrow,
  onResend,
}: {
  ws: string
  source: string
  position: string
  tab: DetailTab
  utc: boolean
  target: Target
  /** The address of this message. */
  link: string
  /** Positions of the neighbours. */
  newer: string | undefined
  older: string | undefined
  onOpen: (position: string) => void
  onTab: (tab: DetailTab) => void
  onClose: () => void
  onNarrow: (pointer: string, value: string, written: string) => void
  onResend: ((opened: Opened) => void) | undefined
}) {
  const query = useQuery(messageQuery(ws, source, position))
  const bar = (children: ReactNode) => (
    <div className={css.detailBar}>
      <Button small onClick={onClose} aria-label="Close the message, back to the list">
        <span className={css.wideOnly}>Close</span>
        <span className={css.narrowOnly}>‹ Back</span>
      </Button>
      {children}
      <span className={css.walk}>
        <Button small disabled={!newer} onClick={() => newer && onOpen(newer)} aria-label="Newer message">
          ↑
        </Button>
        <Button small disabled={!older} onClick={() => older && onOpen(older)} aria-label="Older message">
          ↓
        </Button>
      </span>
    </div>
  )
  if (query.error) {
    return (
      <>
        {bar(null)}
        <div className={css.pad}>
          <Problem error={query.error} retry={() => query.refetch()} />
        </div>
      </>
    )
  }
  if (!query.data) {
    return (
      <>
        {bar(null)}
        <div className={css.pad}>
          <Skeleton rows={6} />
        </div>
      </>
    )
  }
  const opened = query.data
  const { detail, json } = opened
  const { glyph, word, tone } = verdictOf(detail)
  const many = violationsOf(json).length + Number(detail.verdict !== 'accepted')
  const curl = json ? snippet('cURL', json, target) : null
  return (
    <>
      {bar(
        <>
          {curl && <Copy text={curl} label="Copy cURL" />}
          {opened.text && <Copy text={opened.text} label="Copy JSON" />}
          <Copy text={link} label="Copy link" />
          {onResend && (
            <Button small onClick={() => onResend(opened)}>
              Edit and resend
            </Button>
          )}
        </>,
      )}
      <header className={css.detailHead}>
        <h2>
          <span className={css.call} data-type={detail.type ?? undefined} aria-hidden>
            {callGlyph(detail.type)}
          </span>{' '}
          {nameOf(detail)}
        </h2>
        <Badge tone={tone} glyph={glyph}>
          {word}
        </Badge>
        {detail.type === 'track' && detail.verdict === 'accepted' && (
          <Link to="/w/$ws/sources/$source/schema" params={{ ws, source }}>
            View in Schema
          </Link>
        )}
      </header>
      <p className={css.facts}>
        received {stampOf(detail.receivedAt, utc)}
        {lagOf(opened)} · {bytes(detail.bytes)} · at {detail.position}
      </p>
      <div className={css.detailTabs} role="tablist" aria-label="Views of the message">
        {TABS.map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`tab-${each}`}
            aria-selected={tab === each}
            aria-controls="detail-view"
            tabIndex={tab === each ? 0 : -1}
            onClick={() => onTab(each)}
            onKeyDown={(event) => {
              const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
              if (!step) return
              event.preventDefault()
              event.stopPropagation()
              const next = TABS[(TABS.indexOf(each) + step + TABS.length) % TABS.length]!
              onTab(next)
              document.getElementById(`tab-${next}`)?.focus()
            }}
          >
            {LABELS[each]}
            {each === 'violations' && many > 0 && <span className={css.many}>{many}</span>}
          </button>
        ))}
      </div>
      <div id="detail-view" role="tabpanel" aria-labelledby={`tab-${tab}`} className={css.view}>
        {tab === 'pretty' && <Pretty opened={opened} target={target} />}
        {tab === 'raw' && <Raw opened={opened} onNarrow={onNarrow} />}
        {tab === 'violations' && <Violations opened={opened} ws={ws} source={source} />}
        {tab === 'delivery' && (
          <div className={css.pad}>
            <Delivery ws={ws} source={source} opened={opened} utc={utc} />
          </div>
        )}
      </div>
    </>
  )
})

/** How long before it was received a message was sent, by the sender's clock. */
function lagOf({ json, detail }: Opened): string {
  const sent = json && textAt(json, 'sentAt')
  const lag = sent ? Date.parse(detail.receivedAt) - Date.parse(sent) : Number.NaN
  return lag >= 0 ? ` · sent ${duration(lag)} before` : ''
}

const LANGUAGE = 'headwater-snippet'

function Pretty({ opened: { json, detail }, target }: { opened: Opened; target: Target }) {
  const [language, setLanguage] = useState<Language>(
    () => LANGUAGES.find((each) => each === localStorage.getItem(LANGUAGE)) ?? 'cURL',
  )
  if (!json) {
    return (
      <p className={css.pad}>
        <Muted>What is kept of it is no JSON, so there is no call to show. Raw has what there is.</Muted>
      </p>
    )
  }
  const code = snippet(language, json, target)
  return (
    <div className={css.pad}>
      <div className={css.languages} role="group" aria-label="Language">
        {LANGUAGES.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === language}
            onClick={() => {
              localStorage.setItem(LANGUAGE, each)
              setLanguage(each)
            }}
          >
            {each}
          </button>
        ))}
      </div>
      {code === null ? (
        <p>
          <Muted>{language} has no call for this. cURL shows the request.</Muted>
        </p>
      ) : (
        <Code text={code} label={`${language} call`} />
      )}
      <p className={css.below}>
        <Muted>The call that would have made this message, without what the server and libraries add.</Muted>
      </p>
      <Pairs
        of={[
          ['User', detail.userId && <Id key="user" value={detail.userId} what="user id" />],
          [
            'Anonymous',
            detail.anonymousId && <Id key="anonymous" value={detail.anonymousId} what="anonymous id" />,
          ],
          ['Message', detail.messageId && <Id key="message" value={detail.messageId} what="message id" />],
        ]}
      />
    </div>
  )
}

function Violations({ opened, ws, source }: { opened: Opened; ws: string; source: string }) {
  const { detail, json } = opened
  const planned = violationsOf(json)
  if (detail.verdict === 'accepted' && planned.length === 0) {
    return (
      <p className={css.pad}>
        <Muted>None: the message was accepted as it is.</Muted>
      </p>
    )
  }
  const reason = reasonOf(detail.code)
  const where = detail.pointer || detail.path
  const mended = detail.verdict === 'discarded' ? corrected(detail.code, detail.pointer ?? '', json) : null
  const got = json && detail.pointer ? find(json, ...words(detail.pointer)) : undefined
  return (
    <div className={css.pad}>
      {detail.verdict !== 'accepted' && (
        <section className={css.violation}>
          <h3>{sentence(detail.detail ?? detail.code ?? 'Not accepted')}</h3>
          <Pairs
            of={[
              ['Code', detail.code && <code>{detail.code}</code>],
              ['Where', where && <code>{where}</code>],
              ['Expected', reason.expected],
              ['Got', got && json && <code>{raw(json, got).slice(0, 200)}</code>],
              ['Answered', detail.status ? `HTTP ${detail.status}` : null],
              ['Stopped at', detail.step?.replaceAll('_', ' ')],
              ['In its batch', typeof detail.index === 'number' ? `message ${detail.index + 1}` : null],
              ['Fix', reason.fix],
            ]}
          />
          {detail.duplicateOf && (
            <p>
              <Link
                to="/w/$ws/sources/$source/debugger"
                params={{ ws, source }}
                search={{ at: detail.duplicateOf }}
              >
                Open the first message with this id
              </Link>
            </p>
          )}
          {mended && (
            <>
              <h3>Corrected</h3>
              <Code text={pretty(mended)} label="corrected example" />
            </>
          )}
        </section>
      )}
      {planned.map((violation) => (
        <section key={`${violation.type} ${violation.field}`} className={css.violation}>
          <h3>{sentence(violation.description || violation.type)}</h3>
          <Pairs
            of={[
              ['Rule', violation.type],
              ['Where', <code key="field">{violation.field}</code>],
            ]}
          />
        </section>
      ))}
    </div>
  )
}

const words = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map((word) => unquote(JSON.stringify(word)).replaceAll('~1', '/').replaceAll('~0', '~'))
