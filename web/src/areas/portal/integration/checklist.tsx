import { sentence } from '../../../kit/fields'
import { CheckLine, Panel } from '../../../kit/page'
import { Spoken } from '../../../kit/spoken'
import type { Item } from '../data'
import { placeOfItem } from '../fields'
import { PlaceLink } from '../place-link'
import css from '../portal.module.css'

/** The lines of the checklist, each with the way to its field. */
export function Checklist({ slug, items }: { slug: string; items: Item[] }) {
  return (
    <Panel flush>
      <ul className={css.lines}>
        {items.map((item) => (
          <CheckLine
            key={item.key}
            done={item.done}
            label={item.label}
            detail={item.done ? undefined : `${sentence(item.detail)} ${item.fix && sentence(item.fix)}`}
            action={
              item.done ? undefined : (
                <PlaceLink slug={slug} place={placeOfItem(item)}>
                  Fix<Spoken> {item.label}</Spoken>
                </PlaceLink>
              )
            }
          />
        ))}
      </ul>
    </Panel>
  )
}
