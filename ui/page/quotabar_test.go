package page

import (
	"testing"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/kit"
)

func TestAQuotaSaysHowMuchIsUsedAndWarnsBeforeItsEnd(t *testing.T) {
	column := QuotaColumn(func(q *engine.QuotaUse) engine.QuotaUse { return *q })
	for _, test := range []struct {
		quota engine.QuotaUse
		words string
		color fyne.ThemeColorName
		bar   float32 // -1 for none
	}{
		{engine.QuotaUse{}, "", "", -1},
		{engine.QuotaUse{Used: 5e9}, "5.00 GB", "", -1},
		{engine.QuotaUse{Used: 5e11, Quota: 1e12}, "50 % of 1.00 TB", "", 0.5},
		{engine.QuotaUse{Used: 9e11, Quota: 1e12}, "90 % of 1.00 TB", kit.ColorPlain, 0.9},
		{engine.QuotaUse{Used: 1e12, Quota: 1e12}, "100 % of 1.00 TB", kit.ColorRefused, 1},
		{engine.QuotaUse{Used: 2e12, Quota: 1e12}, "200 % of 1.00 TB", kit.ColorRefused, 1},
	} {
		level, ok := column.Bar(&test.quota)
		if words, color := column.Text(&test.quota), column.Color(&test.quota); words != test.words || color != test.color || ok != (test.bar >= 0) || ok && level.Parts[0].Share != test.bar {
			t.Errorf("%+v is %q in %q with the bar %v, %t", test.quota, words, color, level.Parts[0].Share, ok)
		}
	}
}
