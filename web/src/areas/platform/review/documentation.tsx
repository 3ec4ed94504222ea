import { Button } from '../../../kit/button'
import { Muted, Panel, Section } from '../../../kit/page'
import { FIELDS } from '../verdicts'
import { frozenOf, type Review } from './frozen'
import css from './review.module.css'

/** The documentation, section by section. */
export function Documentation({
  review,
  commentOn,
}: {
  review: Review
  commentOn: ((pointer: string) => void) | undefined
}) {
  const docs = (frozenOf(review).info.docs ?? {}) as Record<string, string | null | undefined>
  return FIELDS.documentation
    .filter(([pointer]) => pointer.startsWith('/docs/'))
    .map(([pointer, title]) => {
      const text = docs[pointer.slice('/docs/'.length)]
      return (
        <Section
          key={pointer}
          title={title}
          actions={
            commentOn && (
              <Button
                look="quiet"
                small
                aria-label={`Comment on ${title.toLowerCase()}`}
                onClick={() => commentOn(pointer)}
              >
                Comment
              </Button>
            )
          }
        >
          <Panel>{text ? <p className={css.source}>{text}</p> : <Muted>Left out.</Muted>}</Panel>
        </Section>
      )
    })
}
