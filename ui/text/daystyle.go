package text

import "slices"

// dayStyle is the order of day, month and year, and what stands between them.
type dayStyle int

const (
	yearFirst       dayStyle = iota // 2027-01-31
	yearFirstSlash                  // 2027/01/31
	dayFirstPoints                  // 31.01.2027
	dayFirstSlash                   // 31/01/2027
	dayFirstHyphens                 // 31-01-2027
	monthFirst                      // 01/31/2027
)

// layouts are the styles as package time reads and writes them.
var layouts = map[dayStyle]string{
	yearFirst: "2006-01-02", yearFirstSlash: "2006/01/02", dayFirstPoints: "02.01.2006", dayFirstSlash: "02/01/2006", dayFirstHyphens: "02-01-2006",
	monthFirst: "01/02/2006",
}

// regionsOf are the regions that write days in a style, after Unicode's CLDR; the others put the year first.
var regionsOf = map[dayStyle][]string{
	yearFirstSlash: {"JP", "CN", "TW", "ZA"},
	dayFirstPoints: {"DE", "AT", "CH", "LI", "LU", "CZ", "SK", "PL", "RU", "UA", "BY", "FI", "NO", "DK", "EE", "LV", "RO", "BG", "SI", "HR", "RS", "BA", "ME", "MK", "TR", "IS", "KZ", "GE", "AM", "AZ", "IL"},
	dayFirstSlash: {"GB", "IE", "FR", "BE", "ES", "IT", "PT", "BR", "GR", "CY", "MT", "AU", "NZ", "IN", "PK", "SG", "MY", "ID", "VN", "TH", "HK",
		"MX", "AR", "CO", "PE", "UY", "EC", "EG", "SA", "AE", "NG", "KE"},
	dayFirstHyphens: {"NL", "CL"},
	monthFirst:      {"US", "PH", "PR", "GU", "VI"},
}

func dayStyleOf(region, language string) dayStyle {
	if region == "LU" && language == "fr" {
		return dayFirstSlash
	}
	for style, regions := range regionsOf {
		if slices.Contains(regions, region) {
			return style
		}
	}
	return yearFirst
}

// twelveHoursIn tells whether the hours of a day are counted twice to twelve where a language is spoken.
func twelveHoursIn(region, language string) bool {
	switch region {
	case "US", "PH", "PR", "GU", "VI", "AU", "NZ", "IN", "PK", "MY", "EG", "SA", "AE", "CO", "KR":
		return true
	case "CA", "SG", "HK":
		return language == "en"
	}
	return false
}
