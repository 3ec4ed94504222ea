import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Button } from '../../../kit/button'
import { Filter, Filters } from '../../../kit/filters'
import { Muted, Note, Panel, Prose, Section } from '../../../kit/page'
import { Changes } from '../changes'
import { differences } from '../differences'
import { frozenOf, type Review } from './frozen'
import css from './review.module.css'

type CommentOn = ((pointer: string) => void) | undefined

/** The listing as it was frozen, and how it differs from another. */
export function Listing({
  review,
  earlier,
  commentOn,
}: {
  review: Review
  earlier: Review[]
  commentOn: CommentOn
}) {
  return (
    <>
      <Compared review={review} earlier={earlier} />
      <Fields review={review} commentOn={commentOn} />
    </>
  )
}

/** Name and catalog info as one, so that pointers are those of the API's own comparison. */
function flat(review: Review) {
  const { name, info } = frozenOf(review)
  return { name, ...info }
}

/** What changed: since what customers read now, or since an earlier round. */
function Compared({ review, earlier }: { review: Review; earlier: Review[] }) {
  const { against } = getRouteApi('/platform/reviews/$id').useSearch()
  const { purpose, status, id } = review.submission
  if (purpose === 'launch' && earlier.length === 0) {
    return <Note>Everything is new: it was never public, and this is its first round.</Note>
  }
  // Once it is published, customers read this very edit: it is compared with what they read before.
  const pending = purpose === 'edit' && status !== 'approved'
  const published = earlier.find((round) => round.submission.status === 'approved')
  const standard = pending ? 'public' : ((purpose === 'edit' && published) || earlier[0])?.submission.id
  const chosen = earlier.find((round) => round.submission.id === (against ?? standard))
  const changes = chosen ? differences(flat(chosen), flat(review)) : review.changes
  const choices = [
    ...(pending ? [['public', 'what customers read']] : []),
    ...earlier.map((round) => [round.submission.id, `round ${round.submission.number}`]),
  ] as [string, string][]
  return (
    <Section
      title="What changed"
      sub={
        chosen
          ? `Since round ${chosen.submission.number}.`
          : 'Since what customers read now. It stays up until this is published.'
      }
      actions={
        choices.length > 1 && (
          <Filters label="Compared with">
            {choices.map(([key, label]) => (
              <Filter
                key={key}
                to="/platform/reviews/$id"
                params={{ id }}
                search={{ tab: 'listing', against: key === standard ? undefined : key }}
                activeOptions={{ exact: true }}
              >
                {label}
              </Filter>
            ))}
          </Filters>
        )
      }
    >
      <Panel>
        {changes.length === 0 ? <Muted>Nothing in the listing has changed.</Muted> : <Changes of={changes} />}
      </Panel>
    </Section>
  )
}

function Fields({ review, commentOn }: { review: Review; commentOn: CommentOn }) {
  const { name, info } = frozenOf(review)
  const categories = [info.primaryCategory, info.secondaryCategory, ...(info.moreCategories ?? [])]
  const row = (pointer: string, label: string, value: ReactNode) =>
    value ? (
      <div key={pointer}>
        <dt>{label}</dt>
        <dd>
          <div>{value}</div>
          {commentOn && (
            <Button
              look="quiet"
              small
              aria-label={`Comment on ${label.toLowerCase()}`}
              onClick={() => commentOn(pointer)}
            >
              Comment
            </Button>
          )}
        </dd>
      </div>
    ) : null
  return (
    <Section title="The listing, as it was handed in">
      <Panel flush>
        <dl className={css.fields}>
          {row('/name', 'Name', name)}
          {row(
            '/description',
            'Description',
            review.descriptionHtml && <Prose html={review.descriptionHtml} />,
          )}
          {row('/mark', 'Mark', info.mark && <Picture hash={info.mark} alt={`Mark of ${name}`} />)}
          {row('/logo', 'Logo', info.logo && <Picture hash={info.logo} alt={`Logo of ${name}`} />)}
          {row('/primaryCategory', 'Categories', categories.filter(Boolean).join(', '))}
          {row('/website', 'Website', info.website && <Outside address={info.website} />)}
          {row('/docsUrl', 'Their documentation', info.docsUrl && <Outside address={info.docsUrl} />)}
          {row(
            '/supportEmail',
            'Support address',
            info.supportEmail && (
              <>
                {info.supportEmail} <Muted>not shown to customers</Muted>
              </>
            ),
          )}
          {row('/regions', 'Regions', (info.regions ?? []).join(', '))}
          {row(
            '/screenshots',
            'Screenshots',
            (info.screenshots ?? []).length > 0 && (
              <div className={css.shots}>
                {(info.screenshots ?? []).map(({ asset, caption }) => (
                  <figure key={asset}>
                    <img src={`/api/assets/${asset}`} alt={caption ?? 'Screenshot without a caption'} />
                    {caption && <figcaption>{caption}</figcaption>}
                  </figure>
                ))}
              </div>
            ),
          )}
          {row(
            '/options',
            'Settings fields',
            (info.options ?? []).length > 0 && (
              <ul>
                {(info.options ?? []).map(({ name: key, label, type, required, sensitive, description }) => (
                  <li key={key}>
                    <strong>{label ?? key}</strong>{' '}
                    <Muted>
                      {[type, required && 'required', sensitive && 'secret'].filter(Boolean).join(', ')}
                    </Muted>
                    {description && <p>{description}</p>}
                  </li>
                ))}
              </ul>
            ),
          )}
        </dl>
      </Panel>
    </Section>
  )
}

/** A picture on both grounds. */
function Picture({ hash, alt }: { hash: string; alt: string }) {
  const src = `/api/assets/${hash}`
  return (
    <div className={css.pictures}>
      <span className={css.onLight}>
        <img src={src} alt={`${alt}, on light`} />
      </span>
      <span className={css.onDark}>
        <img src={src} alt={`${alt}, on dark`} />
      </span>
    </div>
  )
}

function Outside({ address }: { address: string }) {
  return /^https?:\/\//.test(address) ? (
    <a href={address} rel="noreferrer nofollow" target="_blank">
      {address}
    </a>
  ) : (
    address
  )
}
