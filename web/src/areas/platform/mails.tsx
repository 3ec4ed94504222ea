import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { Shapes } from '../../api/client'
import { Badge } from '../../kit/badge'
import { OutsideButton } from '../../kit/button'
import { Search } from '../../kit/fields'
import { count, plural } from '../../kit/figures'
import { Problem, Skeleton } from '../../kit/loaded'
import { Body, Empty, Muted, Note, PageHead, Pairs, Panel, Toolbar, useTitle } from '../../kit/page'
import { More } from '../../kit/table'
import { Time } from '../../kit/time'
import { linked } from './linked'
import css from './mails.module.css'
import { mailQuery, mailsQuery } from './queries'
import { useSearchText } from './use-search-text'

const route = getRouteApi('/platform/mails')

/** The outbox. */
export function Mails() {
  useTitle('Mails')
  const { to, mail } = route.useSearch()
  const navigate = useNavigate()
  const list = useInfiniteQuery(mailsQuery(to ?? ''))
  const [text, setText] = useSearchText(to, (value) =>
    navigate({ to: '/platform/mails', search: { to: value }, replace: true }),
  )
  const mails = list.data?.pages.flatMap((page) => page.mails)
  const total = list.data?.pages[0]?.pagination.totalEntries ?? 0
  return (
    <>
      <PageHead
        title="Mails"
        sub="What this installation wrote in the last 90 days. Where no mail server is set, mails are kept here and can be read."
      />
      <Body>
        <Toolbar>
          <Search
            label="To this address"
            placeholder="To, the whole address"
            value={text}
            onChange={setText}
          />
          <Muted>{plural(total, 'mail')}</Muted>
        </Toolbar>
        {!mails ? (
          list.error ? (
            <Problem error={list.error} retry={() => void list.refetch()} />
          ) : (
            <Skeleton rows={6} />
          )
        ) : mails.length === 0 ? (
          <Empty title={to ? `No mail to ${to}` : 'No mails'}>
            <p>{to ? 'The whole address is looked for.' : 'Each mail that is written stands here.'}</p>
          </Empty>
        ) : (
          <div className={css.split} data-open={mail ? '' : undefined}>
            <div className={css.list}>
              <ul aria-label="Mails">
                {mails.map((each) => (
                  <li key={each.id}>
                    <Link
                      to="/platform/mails"
                      search={{ to, mail: each.id }}
                      activeOptions={{ exact: true }}
                      className={css.row!}
                    >
                      <span className={css.subject}>{each.subject}</span>
                      <span className={css.meta}>
                        <MailBadge mail={each} />
                        <span>{each.to}</span>
                        <Time at={each.createdAt} />
                      </span>
                    </Link>
                  </li>
                ))}
              </ul>
              <More
                there={list.hasNextPage}
                busy={list.isFetchingNextPage}
                load={() => void list.fetchNextPage()}
              />
            </div>
            <div className={css.pane}>
              {mail ? (
                <>
                  <p className={css.back}>
                    <Link to="/platform/mails" search={{ to }}>
                      Back to the list
                    </Link>
                  </p>
                  <Reading id={mail} />
                </>
              ) : (
                <Muted>Choose a mail to read it.</Muted>
              )}
            </div>
          </div>
        )}
      </Body>
    </>
  )
}

const STATES: Record<
  Shapes['MailStatus'],
  { tone: 'sunk' | 'accent' | 'ok' | 'bad'; glyph: string; word: string }
> = {
  KEPT: { tone: 'sunk', glyph: '○', word: 'Kept' },
  QUEUED: { tone: 'accent', glyph: '◔', word: 'Queued' },
  SENT: { tone: 'ok', glyph: '✓', word: 'Sent' },
  FAILED: { tone: 'bad', glyph: '✕', word: 'Failed' },
}

function MailBadge({ mail }: { mail: Shapes['MailView'] }) {
  const { tone, glyph, word } = STATES[mail.status]
  return (
    <Badge tone={tone} glyph={glyph}>
      {word}
    </Badge>
  )
}

function Reading({ id }: { id: string }) {
  const query = useQuery(mailQuery(id))
  if (query.error) return <Problem error={query.error} retry={() => void query.refetch()} />
  const mail = query.data
  if (!mail) return <Skeleton rows={6} />
  return (
    <article className={css.mail}>
      <h2>{mail.subject}</h2>
      <Pairs
        of={[
          ['To', mail.to],
          ['State', <MailBadge key="state" mail={mail} />],
          ['Written', <Time key="written" at={mail.createdAt} />],
          ['Sent', mail.sentAt ? <Time key="sent" at={mail.sentAt} /> : null],
          ['Tries', mail.tries > 0 ? count(mail.tries) : null],
          ['Next try', mail.nextTryAt ? <Time key="next" at={mail.nextTryAt} /> : null],
          ['Letter', mail.letter],
        ]}
      />
      {mail.problem && <Note tone="bad">{mail.problem}</Note>}
      {mail.text ? (
        <>
          <Panel>
            <pre className={css.text}>
              {linked(mail.text).map(({ text, href }, at) =>
                href ? (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place.
                  <a key={at} href={href} rel="noreferrer">
                    {text}
                  </a>
                ) : (
                  text
                ),
              )}
            </pre>
          </Panel>
          <div>
            <OutsideButton small href={`/api/operator/mails/${mail.id}/eml`} download={`${mail.id}.eml`}>
              Download with its HTML (.eml)
            </OutsideButton>
          </div>
        </>
      ) : (
        <Note>It was sent, so its words are hidden: there may be a link in them that is still good.</Note>
      )}
    </article>
  )
}
