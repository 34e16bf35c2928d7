package sessions

import "lockwire/ui/page"

const spanToday, spanAll, spanChosen = page.SpanToday, page.SpanAll, page.SpanChosen
