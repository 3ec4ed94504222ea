import type { ReactNode } from 'react'
import type { Shapes } from '../../api/client'
import { Badge, BetaBadge } from '../../kit/badge'
import { Logo } from '../../kit/logo'
import { Body, Columns, PageHead, Pairs, Panel, Prose, Section, useTitle } from '../../kit/page'
import { Table } from '../../kit/table'
import { exactly, Time } from '../../kit/time'
import { Conformance, ConformanceBadge } from '../proof/certificate'
import { makerOf } from './catalog-page'
import { type Entry, plain, regionName } from './entries'
import css from './entry.module.css'

/** The page of one source of the catalog; `action` is what can be done with it here. */
export function SourceEntry({
  entry,
  action,
  side,
  where,
}: {
  entry: Shapes['SourceMetadata']
  action?: ReactNode
  /** What stands beside: adding it, and where it is already. */
  side?: ReactNode
  where?: string
}) {
  useTitle(entry.name, 'Catalog', where)
  const details = entry.details
  const website = entry.website || null
  return (
    <>
      <Head entry={entry}>{action}</Head>
      <Body>
        <Columns
          side={
            <>
              {side}
              <Facts
                entry={entry}
                website={website}
                docsUrl={details?.docsUrl ?? null}
                regions={details?.regions ?? []}
                regionsLabel="Sends to"
              />
              {entry.partnerOwned && <Conformance slug={entry.slug} />}
              <Support entry={entry} website={website} docsUrl={details?.docsUrl ?? null} />
            </>
          }
        >
          {details?.descriptionHtml ? (
            <Prose html={details.descriptionHtml} />
          ) : (
            <Description text={entry.description} />
          )}
          {details && details.screenshots.length > 0 && (
            <Section title="Pictures">
              <div className={css.pictures}>
                {details.screenshots.map(({ url, caption }) => (
                  <figure key={url}>
                    <img src={new URL(url, location.origin).pathname} alt={caption ?? ''} loading="lazy" />
                    {caption && <figcaption>{caption}</figcaption>}
                  </figure>
                ))}
              </div>
            </Section>
          )}
          {details && details.events.length > 0 && <Events events={details.events} />}
          {details?.sections.map(({ key, title, html }) => (
            <Section key={key} title={title}>
              <Prose html={html} />
            </Section>
          ))}
          <Setup options={entry.options} />
        </Columns>
      </Body>
    </>
  )
}

/** The page of one destination of the catalog. */
export function DestinationEntry({
  entry,
  action,
  side,
  where,
}: {
  entry: Shapes['DestinationMetadata']
  action?: ReactNode
  side?: ReactNode
  where?: string
}) {
  useTitle(entry.name, 'Catalog', where)
  const takes = Object.entries(entry.supportedMethods)
    .filter(([, yes]) => yes)
    .map(([method]) => (method === 'pageview' ? 'page, screen' : method))
  const website = entry.website || null
  return (
    <>
      <Head entry={entry}>{action}</Head>
      <Body>
        <Columns
          side={
            <>
              {side}
              <Facts
                entry={entry}
                website={website}
                docsUrl={null}
                regions={entry.supportedRegions}
                regionsLabel="Regions"
                takes={takes.join(', ') || null}
              />
              <Support entry={entry} website={website} docsUrl={null} />
            </>
          }
        >
          <Description text={entry.description} />
          <Setup options={entry.options} />
        </Columns>
      </Body>
    </>
  )
}

function Head({ entry, children }: { entry: Entry; children?: ReactNode }) {
  const ends = entry.beta?.endsAt
  return (
    <PageHead
      mark={<Logo name={entry.name} src={entry.logos.mark ?? entry.logos.default} size={48} />}
      title={entry.name}
      badge={
        <span className={css.badges}>
          <span className={css.maker}>{makerOf(entry)}</span>
          <BetaBadge status={entry.status} />
          {ends && (
            <span className={css.until} title={exactly(ends)}>
              until <Time at={ends} date />
            </span>
          )}
          {entry.partnerOwned && <ConformanceBadge slug={entry.slug} />}
          {entry.noteworthy && <Badge tone="accent">New &amp; Noteworthy</Badge>}
        </span>
      }
    >
      {children}
    </PageHead>
  )
}

function Description({ text }: { text: string }) {
  return <div className={css.description}>{plain(text)}</div>
}

function Facts({
  entry,
  website,
  docsUrl,
  regions,
  regionsLabel,
  takes,
}: {
  entry: Entry
  website: string | null
  docsUrl: string | null
  regions: string[]
  regionsLabel: string
  takes?: string | null
}) {
  return (
    <Panel>
      <Pairs
        of={[
          ['Made by', entry.partnerOwned ? 'A partner' : 'Headwater'],
          ['Website', website && <Outside href={website} />],
          ['Documentation', docsUrl && <Outside href={docsUrl} />],
          ['Categories', entry.categories.join(', ') || null],
          ['Takes', takes],
          [regionsLabel, regions.length > 0 ? regions.map(regionName).join(', ') : null],
          [
            'Slug',
            <code key="slug" className={css.code}>
              {entry.slug}
            </code>,
          ],
        ]}
      />
    </Panel>
  )
}

function Outside({ href }: { href: string }) {
  return (
    <a href={href} rel="noopener noreferrer nofollow">
      {href.replace(/^https?:\/\//, '').replace(/\/$/, '')}
    </a>
  )
}

/** Whom to ask. The partner's own support address is not shown; its pages are. */
function Support({
  entry,
  website,
  docsUrl,
}: {
  entry: Entry
  website: string | null
  docsUrl: string | null
}) {
  const page = docsUrl ?? website
  return (
    <Section title="Support">
      <p className={css.words}>
        {entry.partnerOwned ? (
          <>
            {entry.name} is made and supported by a partner. For questions about what it sends and when, ask
            its maker
            {page && (
              <>
                {' '}
                at <Outside href={page} />
              </>
            )}
            . What happens to events once they have arrived is this platform’s part.
          </>
        ) : (
          <>{entry.name} is part of Headwater and is supported by whoever runs this installation.</>
        )}
      </p>
    </Section>
  )
}

const KINDS: Record<string, string> = {
  track: '▸',
  identify: '●',
  page: '▭',
  screen: '▯',
  group: '◆',
  alias: '⇄',
}

function Events({ events }: { events: Shapes['DeclaredEvent'][] }) {
  return (
    <Section
      title="Events it sends"
      sub={
        events.length === 1
          ? 'One call, as its maker describes it.'
          : `${events.length} calls, as their maker describes them.`
      }
    >
      {events.map((event) => (
        <details key={`${event.kind} ${event.name}`} className={css.event} open={events.length <= 3}>
          <summary>
            <span className={css.call} data-kind={event.kind}>
              <span aria-hidden>{KINDS[event.kind ?? ''] ?? '▸'}</span> {event.kind}
            </span>
            <strong>{event.name || `The ${event.kind} call`}</strong>
            {event.description && <span>{event.description}</span>}
          </summary>
          {event.properties && event.properties.length > 0 ? (
            <Table
              label={`Properties of ${event.name || event.kind}`}
              rows={event.properties}
              id={(property) => property.name ?? ''}
              columns={[
                {
                  head: event.kind === 'identify' || event.kind === 'group' ? 'trait' : 'property',
                  cell: (property) => <code className={css.code}>{property.name}</code>,
                },
                { head: 'type', cell: (property) => property.type },
                { head: 'always there', cell: (property) => (property.required ? 'yes' : 'no') },
                { head: 'what it says', cell: (property) => property.description },
              ]}
            />
          ) : (
            <p className={css.words}>Without properties of its own.</p>
          )}
        </details>
      ))}
    </Section>
  )
}

function Setup({ options }: { options: Shapes['IntegrationOption'][] }) {
  if (options.length === 0) return null
  return (
    <Section title="What you will be asked for">
      <Table
        label="Settings"
        rows={options}
        id={(option) => option.name}
        columns={[
          { head: 'setting', cell: (option) => option.label || option.name },
          {
            head: 'needed',
            cell: (option) => (option.required ? 'yes' : 'no'),
          },
          {
            head: 'what it means',
            cell: (option) => (
              <>
                {option.description}
                {option.sensitive && ' Kept encrypted.'}
              </>
            ),
          },
        ]}
      />
    </Section>
  )
}
