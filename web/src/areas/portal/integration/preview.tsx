import { useQuery } from '@tanstack/react-query'
import type { Shapes } from '../../../api/client'
import { partnerQuery } from '../../../api/queries'
import { BetaBadge } from '../../../kit/badge'
import { Logo } from '../../../kit/logo'
import { Pairs, Panel, Prose } from '../../../kit/page'
import { integrationQuery } from '../data'
import css from '../portal.module.css'
import { regionName } from './choices'

type Entry = Shapes['PreviewAnswer']

const asset = (hash: string | null | undefined) => (hash ? `/api/assets/${hash}` : null)

/** The row of the catalog. */
export function Card({ slug, entry }: { slug: string; entry: Entry }) {
  const partner = useQuery(partnerQuery).data
  const status = useQuery(integrationQuery(slug)).data!.integration.status
  const { info } = entry
  const about = [info.primaryCategory, ...(info.regions ?? []).map(regionName)].filter(Boolean)
  return (
    <Panel>
      <div className={css.card}>
        <div className={css.cardHead}>
          <Logo name={entry.name} src={asset(info.mark)} />
          <div>
            <strong>{entry.name}</strong>
            <small>{partner?.name}</small>
          </div>
          {/* It enters the catalog as a beta. */}
          <BetaBadge status={status.startsWith('PRIVATE') ? 'PUBLIC_BETA' : status} />
        </div>
        <p className={css.clamp}>{entry.descriptionText || 'No description yet.'}</p>
        {about.length > 0 && <p className={css.meta}>{about.join(' · ')}</p>}
      </div>
    </Panel>
  )
}

/** The entry's own page; `whole` with its documentation. */
export function Detail({ slug, entry, whole }: { slug: string; entry: Entry; whole?: boolean }) {
  const { info } = entry
  const links = [
    ['Website', info.website],
    ['Documentation', info.docsUrl],
  ] as const
  return (
    <div className={css.detail}>
      {whole && <Card slug={slug} entry={entry} />}
      {info.logo && (
        <img
          src={`/api/assets/${info.logo}`}
          alt={`Logo of ${entry.name}`}
          style={{ maxBlockSize: 40, alignSelf: 'start' }}
        />
      )}
      {entry.descriptionHtml ? (
        <Prose html={entry.descriptionHtml} />
      ) : (
        <p className={css.meta}>The description will stand here.</p>
      )}
      {(info.screenshots?.length ?? 0) > 0 && (
        <div className={css.shots}>
          {info.screenshots!.map(({ asset: hash, caption }) => (
            <figure key={hash}>
              <img src={`/api/assets/${hash}`} alt={caption ?? ''} />
              {caption && <figcaption>{caption}</figcaption>}
            </figure>
          ))}
        </div>
      )}
      <Pairs
        of={[
          [
            'Categories',
            [info.primaryCategory, info.secondaryCategory, ...(info.moreCategories ?? [])]
              .filter(Boolean)
              .join(', ') || null,
          ],
          ['Regions', (info.regions ?? []).map(regionName).join(', ') || null],
          ...links.map(([name, url]): [string, React.ReactNode] => [
            name,
            url ? (
              <a key={name} href={url} rel="noreferrer nofollow" target="_blank">
                {url.replace(/^https?:\/\//, '')}
              </a>
            ) : null,
          ]),
          ['Events', (info.events ?? []).map((event) => event.name || event.kind).join(', ') || null],
        ]}
      />
      {whole &&
        entry.sections.map(({ key, title, html }) => (
          <section key={key} className={css.group}>
            <h3>{title}</h3>
            <Prose html={html} />
          </section>
        ))}
    </div>
  )
}
